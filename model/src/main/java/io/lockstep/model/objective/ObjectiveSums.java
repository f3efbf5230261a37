package io.lockstep.model.objective;

import java.util.ArrayList;
import java.util.List;

/**
 * What an objective has found in some passes, as sums that add up.
 *
 * @param loss what is minimised, before the division by the tokens
 * @param tokens supervised ones
 * @param correct tokens of those that were the most probable ones
 * @param terms sums of the terms, in their order, each as it is before it is weighted
 */
public record ObjectiveSums(double loss, long tokens, long correct, List<Term> terms) {

  /** What nobody has found. */
  public static final ObjectiveSums NONE = new ObjectiveSums(0, 0, 0, List.of());

  public ObjectiveSums {
    terms = List.copyOf(terms);
  }

  /** A term's sum with what it is divided by. */
  public record Term(String name, double sum, long normaliser) {

    /** Both together. */
    public Term plus(Term other) {
      return new Term(name, sum + other.sum, normaliser + other.normaliser);
    }
  }

  /** What both have found. */
  public ObjectiveSums plus(ObjectiveSums other) {
    if (terms.isEmpty()) {
      return other;
    }
    List<Term> sums = new ArrayList<>();
    for (int i = 0; i < terms.size(); i++) {
      sums.add(terms.get(i).plus(other.terms.get(i)));
    }
    return new ObjectiveSums(
        loss + other.loss, tokens + other.tokens, correct + other.correct, sums);
  }
}
