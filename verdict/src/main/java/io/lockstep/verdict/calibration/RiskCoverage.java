package io.lockstep.verdict.calibration;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Verdicts that are given only if they are sure enough, and how often those are wrong. */
public final class RiskCoverage {

  private RiskCoverage() {}

  /**
   * A verdict.
   *
   * @param confidence probability that it is right
   * @param right whether it is
   */
  public record Decision(double confidence, boolean right) {}

  /**
   * What comes of a threshold.
   *
   * @param threshold least confidence of verdicts that are given
   * @param coverage share of them
   * @param risk share of wrong ones among them
   */
  public record Point(double threshold, double coverage, double risk) {}

  /** A point for each confidence, from the greatest. */
  public static List<Point> curve(List<Decision> decisions) {
    List<Decision> sorted =
        decisions.stream()
            .sorted(Comparator.comparingDouble(Decision::confidence).reversed())
            .toList();
    List<Point> points = new ArrayList<>();
    int wrong = 0;
    for (int i = 0; i < sorted.size(); i++) {
      wrong += sorted.get(i).right() ? 0 : 1;
      boolean last =
          i + 1 == sorted.size() || sorted.get(i + 1).confidence() < sorted.get(i).confidence();
      if (last) {
        double given = i + 1.0;
        points.add(new Point(sorted.get(i).confidence(), given / sorted.size(), wrong / given));
      }
    }
    return points;
  }

  /**
   * The threshold that gives the most verdicts at an error rate.
   *
   * @return more than any confidence if even the surest verdicts are wrong more often
   */
  public static double threshold(List<Point> curve, double errorRate) {
    return curve.stream()
        .filter(point -> point.risk() <= errorRate)
        .mapToDouble(Point::threshold)
        .min()
        .orElse(Math.nextUp(1.0));
  }
}
