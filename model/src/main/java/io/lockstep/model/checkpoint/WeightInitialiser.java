package io.lockstep.model.checkpoint;

import io.lockstep.model.detection.HeadInitialiser;
import io.lockstep.model.parameter.NameHash;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
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

  static void fill(Parameters parameters, long seed) {
    for (ParameterLayout.Slot slot : parameters.layout().slots()) {
      ParameterSpec spec = slot.spec();
      Buffer values = Buffer.of(parameters.get(spec.name()));
      if (spec.module() == ParameterSpec.Module.DETECTION) {
        HeadInitialiser.fill(spec, values, seed);
        continue;
      }
      if (spec.shape().size() > 1) {
        SplittableRandom random = new SplittableRandom(seed ^ NameHash.of(spec.name()));
        values.write(host -> normal(host.floats(), random));
      } else if (spec.name().endsWith(".weight")) {
        values.write(host -> host.floats().fill(1));
      }
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
