package io.lockstep.coordinator;

import java.util.List;
import java.util.Optional;

/**
 * A term of what is minimised.
 *
 * @param name what it is called in logs
 * @param sum before it is weighted
 * @param normaliser what the sum is divided by
 */
public record TermSum(String name, double sum, long normaliser) {

  /** Most terms of an objective. */
  public static final int MOST = 32;

  /** Both together, in this order. */
  public TermSum plus(TermSum other) {
    return new TermSum(name, sum + other.sum, normaliser + other.normaliser);
  }

  /** What is wrong with the terms of a virtual rank; empty if nothing is. */
  public static Optional<String> problem(List<TermSum> terms) {
    if (terms.size() > MOST) {
      return Optional.of("has %d terms, more than %d".formatted(terms.size(), MOST));
    }
    if (terms.stream().map(TermSum::name).distinct().count() < terms.size()) {
      return Optional.of("names a term twice");
    }
    return terms.stream()
        .filter(term -> term.normaliser < 0)
        .findFirst()
        .map(term -> "has a term %s of %s over %d".formatted(term.name, term.sum, term.normaliser));
  }

  /** The first of some terms that is not finite, in words; empty if all are. */
  public static Optional<String> notFinite(List<TermSum> terms) {
    return terms.stream()
        .filter(term -> !Double.isFinite(term.sum))
        .findFirst()
        .map(term -> "has a term %s of %s over %d".formatted(term.name, term.sum, term.normaliser));
  }
}
