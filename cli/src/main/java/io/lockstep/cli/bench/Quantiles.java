package io.lockstep.cli.bench;

import java.util.stream.DoubleStream;

/** A sample of measurements, of which every quantile can be told. */
public final class Quantiles {

  private final double[] ascending;

  private Quantiles(double[] ascending) {
    this.ascending = ascending;
  }

  /**
   * Of these measurements.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Quantiles of(DoubleStream measurements) {
    double[] ascending = measurements.sorted().toArray();
    if (ascending.length == 0) {
      throw new IllegalArgumentException("no measurements, so no quantiles");
    }
    return new Quantiles(ascending);
  }

  /** The least measurement that {@code share} of all don't exceed; {@code share} in [0, 1]. */
  public double at(double share) {
    int index = (int) Math.ceil(share * ascending.length) - 1;
    return ascending[Math.clamp(index, 0, ascending.length - 1)];
  }
}
