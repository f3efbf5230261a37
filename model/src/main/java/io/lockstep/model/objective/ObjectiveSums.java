package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.network.Prediction;
import io.lockstep.model.objective.Objective.Figure;
import io.lockstep.model.objective.Objective.Term;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What an objective has found in some positions, as sums that add up over passes.
 *
 * @param terms sums of the terms by name, unweighted
 * @param figures sums of the figures by name
 */
public record ObjectiveSums(SequencedMap<String, Sum> terms, SequencedMap<String, Sum> figures) {

  /** What nobody has found. */
  public static final ObjectiveSums NONE =
      new ObjectiveSums(new LinkedHashMap<>(), new LinkedHashMap<>());

  /**
   * A sum with what it is divided by.
   *
   * @param weight how much it counts in what is minimised
   */
  public record Sum(double sum, long normaliser, double weight) {
    private Sum plus(Sum other) {
      return new Sum(sum + other.sum, normaliser + other.normaliser, weight);
    }
  }

  /**
   * An objective on a batch.
   *
   * @param total what is differentiated: the weighted sum of all terms
   * @param sums what is logged: the same terms, and figures
   */
  public record Judged(NDArray total, ObjectiveSums sums) {

    /** Judges a prediction; the total is recorded if the thread records. */
    public static Judged of(Objective objective, Prediction prediction) {
      List<Term> terms = objective.terms(prediction);
      NDArray total = weighted(terms.getFirst());
      for (Term term : terms.subList(1, terms.size())) {
        if (term.normaliser() != terms.getFirst().normaliser()) {
          throw new IllegalStateException(
              "the terms %s and %s of the objective %s have different normalisers, %d and %d"
                  .formatted(
                      terms.getFirst().name(),
                      term.name(),
                      objective.name(),
                      terms.getFirst().normaliser(),
                      term.normaliser()));
        }
        total = total.add(weighted(term));
      }
      SequencedMap<String, Sum> sums = new LinkedHashMap<>();
      for (Term term : terms) {
        sums.put(term.name(), new Sum(term.sum().getFloat(), term.normaliser(), term.weight()));
      }
      SequencedMap<String, Sum> figures = new LinkedHashMap<>();
      for (Figure figure : Autograd.inference(() -> objective.figures(prediction))) {
        figures.put(figure.name(), new Sum(figure.sum(), figure.normaliser(), 0));
      }
      return new Judged(total, new ObjectiveSums(sums, figures));
    }

    private static NDArray weighted(Term term) {
      return term.weight() == 1 ? term.sum() : Ops.times(term.sum(), term.weight());
    }
  }

  /** What both have found. */
  public ObjectiveSums plus(ObjectiveSums other) {
    return new ObjectiveSums(added(terms, other.terms), added(figures, other.figures));
  }

  private static SequencedMap<String, Sum> added(Map<String, Sum> sums, Map<String, Sum> others) {
    SequencedMap<String, Sum> added = new LinkedHashMap<>(sums);
    others.forEach((name, sum) -> added.merge(name, sum, Sum::plus));
    return added;
  }

  /** The sum of what is minimised, before the division by the normaliser. */
  public double loss() {
    double loss = 0;
    for (Sum term : terms.values()) {
      loss += term.weight() * term.sum();
    }
    return loss;
  }

  /** What the loss is divided by. */
  public long normaliser() {
    return terms.isEmpty() ? 0 : terms.firstEntry().getValue().normaliser();
  }

  /** The sum of a figure; 0 if there is none of that name. */
  public double figure(String name) {
    Sum sum = figures.get(name);
    return sum == null ? 0 : sum.sum();
  }
}
