package io.lockstep.gateway.serving;

/**
 * What became of a checkpoint's alignment certificate before it was served.
 *
 * @param state how it ended
 * @param largestDifference largest absolute difference of a recomputed layer, logit or loss
 * @param probes training records it was recomputed on
 */
public record Alignment(State state, double largestDifference, int probes) {

  /** A checkpoint without certificate. */
  public static final Alignment UNCERTIFIED = new Alignment(State.UNCERTIFIED, 0, 0);

  /** How it can end for a checkpoint that is served. */
  public enum State {
    /** There is no certificate: what training computed is not known. */
    UNCERTIFIED,
    /** Serving computes what training computed, bit by bit. */
    IDENTICAL,
    /** Serving computes what training computed but for rounding. */
    WITHIN_TOLERANCE
  }

  /** In words, for logs and reports. */
  public String describe() {
    return switch (state) {
      case UNCERTIFIED -> "uncertified";
      case IDENTICAL -> "aligned with training to the bit on %d probes".formatted(probes);
      case WITHIN_TOLERANCE ->
          "aligned with training within %.1e on %d probes".formatted(largestDifference, probes);
    };
  }
}
