package io.lockstep.verdict.calibration;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Probabilities of a label from features that are there or not, and a share of votes: the logistic
 * model with a squared penalty, fitted by accelerated gradient descent (Nesterov, 1983). The same
 * examples give the same bits on every machine.
 */
final class LogisticRegression {

  private static final int STEPS = 300;
  private static final double PENALTY = 1;

  /** Places of the constant and of the share among the weights; features come behind. */
  private static final int DENSE = 2;

  private final Map<String, Integer> places;
  private final double[] weights;

  private LogisticRegression(Map<String, Integer> places, double[] weights) {
    this.places = places;
    this.weights = weights;
  }

  static LogisticRegression fit(List<Example> examples) {
    TreeSet<String> names = new TreeSet<>();
    examples.forEach(example -> names.addAll(example.features()));
    Map<String, Integer> places = new HashMap<>();
    names.forEach(name -> places.put(name, DENSE + places.size()));
    LogisticRegression model = new LogisticRegression(places, new double[DENSE + places.size()]);
    model.descend(examples);
    return model;
  }

  /** Probability of the positive class. */
  double probability(Example example) {
    return sigmoid(score(weights, row(example), vote(example)));
  }

  private void descend(List<Example> examples) {
    int[][] rows = new int[examples.size()][];
    int longest = 0;
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(examples.get(i));
      longest = Math.max(longest, rows[i].length);
    }
    double n = rows.length;
    double step = 1 / (0.25 * (DENSE + longest) + PENALTY / n);
    double[] ahead = weights.clone();
    double[] before = weights.clone();
    for (int t = 1; t <= STEPS; t++) {
      double[] gradient = new double[weights.length];
      for (int i = 0; i < rows.length; i++) {
        double vote = vote(examples.get(i));
        double error =
            (sigmoid(score(ahead, rows[i], vote)) - (examples.get(i).positive() ? 1 : 0)) / n;
        gradient[0] += error;
        gradient[1] += error * vote;
        for (int place : rows[i]) {
          gradient[place] += error;
        }
      }
      double momentum = (t - 1.0) / (t + 2.0);
      for (int w = 0; w < weights.length; w++) {
        double penalty = w == 0 ? 0 : PENALTY / n * ahead[w];
        weights[w] = ahead[w] - step * (gradient[w] + penalty);
        ahead[w] = weights[w] + momentum * (weights[w] - before[w]);
        before[w] = weights[w];
      }
    }
  }

  private int[] row(Example example) {
    return example.features().stream()
        .distinct()
        .mapToInt(name -> places.getOrDefault(name, -1))
        .filter(place -> place >= 0)
        .sorted()
        .toArray();
  }

  private static double vote(Example example) {
    return 2 * example.share() - 1;
  }

  private static double score(double[] weights, int[] row, double vote) {
    double score = weights[0] + weights[1] * vote;
    for (int place : row) {
      score += weights[place];
    }
    return score;
  }

  private static double sigmoid(double score) {
    return 1 / (1 + StrictMath.exp(-score));
  }
}
