package io.lockstep.model.checkpoint;

import io.lockstep.model.detection.HeadInitialiser;
import io.lockstep.model.parameter.NameHash;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.HostFloats;
import java.util.SplittableRandom;

/**
 * First weights of a model that starts from nothing: matrices from a normal distribution, norms at
 * one, biases at zero. Each parameter draws from its own generator, so its values depend on the
 * seed and its name alone.
 */
final class WeightInitialiser {

  private static final double STANDARD_DEVIATION = 0.02;

  private WeightInitialiser() {}

  /** The values that a seed decides, drawn when they are asked for. */
  static ParameterValues values(long seed) {
    return new ParameterValues() {
      @Override
      public void read(ParameterSpec parameter, Buffer into) {
        fill(parameter, into, seed);
      }

      @Override
      public void close() {}
    };
  }

  private static void fill(ParameterSpec spec, Buffer values, long seed) {
    if (spec.module() == ParameterSpec.Module.DETECTION) {
      HeadInitialiser.fill(spec, values, seed);
    } else if (spec.shape().size() > 1) {
      SplittableRandom random = new SplittableRandom(seed ^ NameHash.of(spec.name()));
      values.write(host -> normal(host.floats(), random));
    } else {
      int value = spec.name().endsWith(".weight") ? 1 : 0;
      values.write(host -> host.floats().fill(value));
    }
  }

  /** Box and Muller's transform in strict arithmetic: the same bits on every machine. */
  private static void normal(HostFloats values, SplittableRandom random) {
    long size = values.size();
    for (long i = 0; i < size; i++) {
      double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
      double angle = 2 * Math.PI * random.nextDouble();
      values.set(i, (float) (STANDARD_DEVIATION * radius * StrictMath.cos(angle)));
    }
  }
}
