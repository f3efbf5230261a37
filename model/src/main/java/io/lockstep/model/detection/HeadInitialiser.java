package io.lockstep.model.detection;

import io.lockstep.model.parameter.NameHash;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.tensor.Buffer;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * First values of a {@link DetectionHead}: each parameter draws from its own generator, so its
 * values depend on the seed and its name alone.
 *
 * <p>Queries and references are drawn from the standard normal distribution, matrices from one of
 * variance 1 / inputs, the box's last one a hundred times smaller so that boxes begin as their
 * references. Norms begin at 1, biases at 0, except the objectness's, which gives an object the
 * probability 0.01 (Lin et al., 2017, section 4.1).
 */
public final class HeadInitialiser {

  private static final double OBJECT_PRIOR = 0.01;
  private static final double SMALL = 0.01;

  private HeadInitialiser() {}

  /** Fills a parameter. */
  public static void fill(ParameterSpec spec, Buffer values, long seed) {
    String name = spec.name();
    if (spec.shape().size() == 1) {
      float value =
          name.equals(DetectionHead.OBJECTNESS_BIAS)
              ? (float) -StrictMath.log((1 - OBJECT_PRIOR) / OBJECT_PRIOR)
              : name.endsWith("norm.weight") ? 1 : 0;
      values.write(host -> host.floats().fill(value));
      return;
    }
    DoubleSupplier normal = normal(new SplittableRandom(seed ^ NameHash.of(name)));
    double deviation = deviation(spec);
    values.write(host -> {
      for (long i = 0; i < host.floats().size(); i++) {
        host.floats().set(i, (float) (deviation * normal.getAsDouble()));
      }
    });
  }

  private static double deviation(ParameterSpec spec) {
    if (spec.name().equals(DetectionHead.QUERIES) || spec.name().equals(DetectionHead.REFERENCES)) {
      return 1;
    }
    double deviation = 1 / StrictMath.sqrt(spec.shape().getLast());
    return spec.name().equals(DetectionHead.PREFIX + "box.weight") ? SMALL * deviation : deviation;
  }

  /** Box and Muller's transform in strict arithmetic: the same bits on every machine. */
  private static DoubleSupplier normal(SplittableRandom random) {
    return () -> {
      double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
      return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
    };
  }
}
