package io.lockstep.model.cost;

/**
 * What a piece of a computation has to do at least.
 *
 * @param flops floating-point operations of its matrix products, two to a multiplication and its
 *     addition
 * @param bytes that have to come from memory or go there if nothing stays in caches between two
 *     pieces, and everything within one
 */
public record Work(double flops, double bytes) {

  /** Nothing to do. */
  public static final Work NONE = new Work(0, 0);

  /** Both. */
  public Work plus(Work other) {
    return new Work(flops + other.flops, bytes + other.bytes);
  }

  /** So often. */
  public Work times(double count) {
    return new Work(count * flops, count * bytes);
  }

  /**
   * Seconds that it takes at least.
   *
   * @param flopsPerSecond that a machine computes
   * @param bytesPerSecond that its memory gives
   */
  public double seconds(double flopsPerSecond, double bytesPerSecond) {
    return Math.max(flops / flopsPerSecond, bytes / bytesPerSecond);
  }
}
