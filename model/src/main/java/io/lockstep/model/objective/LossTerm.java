package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.network.Prediction;
import io.lockstep.tensor.Scope;
import java.util.Set;

/**
 * A part of what training minimises: a sum that is divided by its normaliser of the whole step. A
 * new one is a class beside this one and a line in {@link Objective#of}.
 *
 * <p>The same sum is differentiated and logged. Sums are added up over parts of a pass, passes and
 * virtual ranks in their order, so that a term has the same bits on any number of workers.
 * Positions whose label is {@link io.lockstep.model.batch.Sample#IGNORED} must not count.
 */
public interface LossTerm {

  /** What it is called in logs. */
  String name();

  /** How much it counts among the terms; 0 for one that is logged and not minimised. */
  default double weight() {
    return 1;
  }

  /** What its sum is divided by. */
  default Normaliser normaliser() {
    return Normaliser.TOKENS;
  }

  /** Names of the activations that it reads. */
  default Set<String> reads() {
    return Set.of();
  }

  /** Whether a pass has anything that it measures; it is not asked for its sum otherwise. */
  default boolean measures(Batch batch) {
    return true;
  }

  /**
   * Begins with a pass.
   *
   * @param scope holds what it needs throughout the pass
   * @param activations those that it reads
   */
  OfPass begin(Scope scope, Batch batch, Activations activations);

  /** A term in one pass. */
  @FunctionalInterface
  interface OfPass {

    /**
     * The sum over some positions of the pass, one element; recorded if the thread records. A term
     * over passes is asked once, with the first of them.
     */
    NDArray sum(Prediction part);
  }
}
