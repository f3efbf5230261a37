package io.lockstep.cli.chart;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Curves over one axis as a piece of HTML: lines in SVG that stretch with the page, labels in the
 * page's own text, so that both can be read at any width, and colours from the page's style ({@code
 * --curve-1}, {@code --curve-2}, ...), so that they follow its light or dark. Long curves are
 * thinned, see {@link Thinning}; what is said of them in words is of all their points.
 */
public final class SvgChart {

  private static final int SPAN = 1000;
  private static final int X_TICKS = 5;
  private static final int Y_TICKS = 5;

  /** More points than these don't show on any screen, and would make pages of long runs large. */
  private static final int MOST_POINTS = 1000;

  private final String title;
  private final String xLabel;
  private final boolean logarithmic;
  private final List<Curve> curves = new ArrayList<>();

  /** A named line; soft ones are drawn thin and pale. */
  private static final class Curve {
    private final String name;
    private final double[] x;
    private final double[] y;
    private final boolean soft;

    Curve(String name, double[] x, double[] y, boolean soft) {
      this.name = name;
      this.x = x;
      this.y = y;
      this.soft = soft;
    }
  }

  /**
   * An empty chart.
   *
   * @param logarithmic whether the vertical axis is; values that are not positive are left out then
   */
  public SvgChart(String title, String xLabel, boolean logarithmic) {
    this.title = title;
    this.xLabel = xLabel;
    this.logarithmic = logarithmic;
  }

  /** Adds a curve. */
  public SvgChart add(String name, double[] x, double[] y) {
    curves.add(new Curve(name, x.clone(), y.clone(), false));
    return this;
  }

  /** Adds a pale curve, for what another one smooths. */
  public SvgChart addSoft(String name, double[] x, double[] y) {
    curves.add(new Curve(name, x.clone(), y.clone(), true));
    return this;
  }

  /** A {@code figure} element. */
  public String html() {
    double left = Double.POSITIVE_INFINITY;
    double right = Double.NEGATIVE_INFINITY;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Curve curve : curves) {
      for (int i = 0; i < curve.x.length; i++) {
        if (shown(curve.y[i])) {
          left = Math.min(left, curve.x[i]);
          right = Math.max(right, curve.x[i]);
          low = Math.min(low, curve.y[i]);
          high = Math.max(high, curve.y[i]);
        }
      }
    }
    if (!(left <= right)) {
      return "<figure class=\"chart\"><figcaption>"
          + title
          + ": nothing logged</figcaption></figure>";
    }
    List<Double> xTicks = Ticks.linear(Math.min(0, left), right, X_TICKS);
    List<Double> yTicks =
        logarithmic ? Ticks.logarithmic(low, high) : Ticks.linear(Math.min(0, low), high, Y_TICKS);
    Frame frame =
        new Frame(
            Math.min(0, left),
            Math.max(right, 1),
            scaled(Math.min(low, yTicks.getFirst())),
            scaled(Math.max(high, yTicks.getLast())));
    StringBuilder html = new StringBuilder("<figure class=\"chart\"><figcaption><b>");
    html.append(title).append("</b>").append(legend()).append("</figcaption><div class=\"plot\">");
    html.append("<svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" role=\"img\">");
    html.append("<title>").append(inWords()).append("</title>");
    for (double tick : yTicks) {
      String y = number(frame.y(scaled(tick)));
      html.append(
          "<line class=\"grid\" x1=\"0\" x2=\"1000\" y1=\"%s\" y2=\"%s\"/>".formatted(y, y));
    }
    for (int i = 0; i < curves.size(); i++) {
      html.append(line(curves.get(i), i, frame));
    }
    html.append("</svg>");
    for (double tick : yTicks) {
      html.append(
          "<span class=\"y\" style=\"top:%s%%\">%s</span>"
              .formatted(number(frame.y(scaled(tick)) / 10), Ticks.label(tick)));
    }
    for (double tick : xTicks) {
      html.append(
          "<span class=\"x\" style=\"left:%s%%\">%s</span>"
              .formatted(number(frame.x(tick) / 10), Ticks.label(tick)));
    }
    return html.append("</div><div class=\"x-label\">")
        .append(xLabel)
        .append("</div></figure>")
        .toString();
  }

  private String legend() {
    StringBuilder html = new StringBuilder();
    for (int i = 0; i < curves.size(); i++) {
      html.append(
          "<span class=\"key %s\"><i style=\"background:var(--curve-%d)\"></i>%s</span>"
              .formatted(curves.get(i).soft ? "soft" : "", i + 1, curves.get(i).name));
    }
    return html.toString();
  }

  private String line(Curve curve, int index, Frame frame) {
    int[] usable = IntStream.range(0, curve.x.length).filter(i -> shown(curve.y[i])).toArray();
    double[] y = IntStream.of(usable).mapToDouble(i -> curve.y[i]).toArray();
    List<String> points = new ArrayList<>();
    for (int i : Thinning.of(y, MOST_POINTS)) {
      points.add(number(frame.x(curve.x[usable[i]])) + "," + number(frame.y(scaled(y[i]))));
    }
    if (points.size() == 1) {
      // A line to itself is drawn as a dot.
      points.add(points.getFirst());
    }
    return "<polyline class=\"%s\" style=\"stroke:var(--curve-%d)\" points=\"%s\"/>"
        .formatted(curve.soft ? "curve soft" : "curve", index + 1, String.join(" ", points));
  }

  /** The curves in words, for whoever doesn't see them: figures as they were given. */
  private String inWords() {
    StringBuilder words = new StringBuilder(title).append(", by ").append(xLabel).append('.');
    for (Curve curve : curves) {
      int[] usable = IntStream.range(0, curve.x.length).filter(i -> shown(curve.y[i])).toArray();
      if (usable.length > 0) {
        Comparator<Integer> byValue = Comparator.comparingDouble(i -> curve.y[i]);
        words.append(
            " %s: last %s, least %s, greatest %s."
                .formatted(
                    curve.name,
                    point(curve, usable[usable.length - 1]),
                    point(curve, IntStream.of(usable).boxed().min(byValue).orElseThrow()),
                    point(curve, IntStream.of(usable).boxed().max(byValue).orElseThrow())));
      }
    }
    return words.toString();
  }

  private static String point(Curve curve, int index) {
    return String.format(Locale.ROOT, "%s at %.0f", curve.y[index], curve.x[index]);
  }

  private boolean shown(double y) {
    return Double.isFinite(y) && (!logarithmic || y > 0);
  }

  private double scaled(double y) {
    return logarithmic ? Math.log10(y) : y;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  /** From values to the square that SVG stretches. */
  private record Frame(double left, double right, double low, double high) {

    double x(double value) {
      return SPAN * (value - left) / (right - left);
    }

    double y(double value) {
      return high > low ? SPAN * (high - value) / (high - low) : SPAN / 2.0;
    }
  }
}
