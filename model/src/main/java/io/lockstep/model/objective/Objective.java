package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.network.Prediction;
import java.util.List;

/**
 * What training minimises: terms, each a sum over positions that is divided by its normaliser once
 * all of a step's sums are known.
 *
 * <p>The gradient of a step is that of the weighted sum of all terms, divided by the step's
 * normaliser, which the terms of an objective share. What is logged are the same sums: they are
 * added up over passes and virtual ranks in their order, so that an objective has the same bits on
 * any number of workers. Positions whose label is {@link io.lockstep.model.batch.Sample#IGNORED}
 * must not count.
 */
public interface Objective {

  /** Its name in recipes. */
  String name();

  /** The terms of a batch; at least one. */
  List<Term> terms(Prediction prediction);

  /** What is logged beside the terms and not minimised; computed outside of the graph. */
  default List<Figure> figures(Prediction prediction) {
    return List.of(new Figure(Figure.TOKEN_ACCURACY, prediction.correct(), prediction.count()));
  }

  /**
   * A part of what is minimised.
   *
   * @param name what it is called in logs
   * @param sum over positions, one element, recorded
   * @param normaliser what the sum is divided by: how many positions count
   * @param weight how much it counts among the terms, more than 0
   */
  record Term(String name, NDArray sum, long normaliser, double weight) {}

  /**
   * Something worth knowing.
   *
   * @param normaliser what the sum is divided by
   */
  record Figure(String name, double sum, long normaliser) {

    /** Positions whose wanted token is the most probable one. */
    public static final String TOKEN_ACCURACY = "token_acc";
  }
}
