package io.lockstep.cli.console;

/** A curve in one line of text. */
public final class Sparkline {

  private static final String LEVELS = "▁▂▃▄▅▆▇█";

  private Sparkline() {}

  /**
   * Draws {@code values} in at most {@code width} characters; each character is the mean of an
   * equal share of the values, scaled between the least and the greatest mean.
   */
  public static String of(double[] values, int width) {
    int cells = Math.min(width, values.length);
    double[] means = new double[cells];
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < cells; i++) {
      int from = (int) ((long) i * values.length / cells);
      int to = (int) ((long) (i + 1) * values.length / cells);
      double sum = 0;
      for (int j = from; j < to; j++) {
        sum += values[j];
      }
      means[i] = sum / (to - from);
      low = Math.min(low, means[i]);
      high = Math.max(high, means[i]);
    }
    StringBuilder line = new StringBuilder(cells);
    for (double mean : means) {
      double share = high > low ? (mean - low) / (high - low) : 0;
      line.append(LEVELS.charAt((int) Math.round(share * (LEVELS.length() - 1))));
    }
    return line.toString();
  }
}
