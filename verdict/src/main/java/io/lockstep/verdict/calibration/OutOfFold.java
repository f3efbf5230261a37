package io.lockstep.verdict.calibration;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Probabilities of labels, each told by a model that hasn't seen the example, and what follows from
 * them: the labels that confident learning suspects (Northcutt, Jiang and Chuang, "Confident
 * learning: estimating uncertainty in dataset labels", JAIR 2021).
 */
public final class OutOfFold {

  private static final double ROUNDING = 1e6;

  private OutOfFold() {}

  /**
   * Probabilities of the positive class, in the order of the examples, with six decimals. Where all
   * others have one label there is nothing to learn: the share of votes is told.
   *
   * @param folds number of parts
   * @param part of an example, 0 to {@code folds - 1}; equal for examples of one name
   */
  public static List<Double> probabilities(
      List<Example> examples, int folds, ToIntFunction<Example> part) {
    Double[] told = new Double[examples.size()];
    for (int fold = 0; fold < folds; fold++) {
      List<Example> others = new ArrayList<>();
      for (Example example : examples) {
        if (part.applyAsInt(example) != fold) {
          others.add(example);
        }
      }
      long labels = others.stream().map(Example::positive).distinct().count();
      LogisticRegression model = LogisticRegression.fit(others);
      for (int i = 0; i < told.length; i++) {
        Example example = examples.get(i);
        if (part.applyAsInt(example) == fold) {
          double probability = labels < 2 ? example.share() : model.probability(example);
          told[i] = Math.rint(probability * ROUNDING) / ROUNDING;
        }
      }
    }
    return Arrays.asList(told);
  }

  /**
   * Whether each label is suspect: the other one is at least as probable as it is on average where
   * it is given, and more probable than the given one.
   */
  public static List<Boolean> suspects(List<Example> examples, List<Double> probabilities) {
    double positive = mean(examples, probabilities, true);
    double negative = mean(examples, probabilities, false);
    List<Boolean> suspects = new ArrayList<>();
    for (int i = 0; i < examples.size(); i++) {
      double p = probabilities.get(i);
      suspects.add(
          examples.get(i).positive() ? 1 - p >= negative && p < 0.5 : p >= positive && p > 0.5);
    }
    return suspects;
  }

  /** Mean probability of a label where it is given; more than any if it never is. */
  private static double mean(List<Example> examples, List<Double> probabilities, boolean label) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < examples.size(); i++) {
      if (examples.get(i).positive() == label) {
        double p = probabilities.get(i);
        sum += label ? p : 1 - p;
        count++;
      }
    }
    return count == 0 ? 2 : sum / count;
  }
}
