package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.network.Prediction;
import io.lockstep.model.objective.ObjectiveSums.Term;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.HostValues;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * An objective on one pass, part by part of its positions: what is differentiated, and the same as
 * sums for the log.
 */
public final class Judge {

  private final Objective objective;
  private final double[] factors;
  private final List<LossTerm.OfPass> terms = new ArrayList<>();
  private ObjectiveSums sums = ObjectiveSums.NONE;

  /**
   * An objective on a pass of which nothing was judged yet.
   *
   * @param factors of the terms; one whose factor is 0 is logged alone
   * @param scope holds what terms need throughout the pass
   */
  public Judge(
      Objective objective, double[] factors, Scope scope, Batch batch, Activations activations) {
    this.objective = objective;
    this.factors = factors.clone();
    for (LossTerm term : objective.terms()) {
      terms.add(term.begin(scope, batch, activations));
    }
  }

  /** The cross entropy on a pass. */
  public static Judge crossEntropy(Scope scope, Batch batch) {
    return new Judge(Objective.CROSS_ENTROPY, new double[] {1}, scope, batch, Activations.NONE);
  }

  /**
   * What is minimised of some positions: the sum of all terms times their factors, one element;
   * recorded if the thread records. Its sums are added to those of the parts before. It always
   * depends on the positions: those of which nothing counts, such as those of demonstrations with
   * weight 0, add a zero.
   */
  public NDArray judge(Prediction part) {
    boolean first = sums.terms().isEmpty();
    // They are kept as they are computed first: recorded, even if a term that is only logged is
    // the first one to ask.
    var _ = part.logits();
    NDArray total = null;
    boolean dependsOnPositions = false;
    double loss = 0;
    List<Term> found = new ArrayList<>();
    for (int i = 0; i < factors.length; i++) {
      LossTerm term = objective.terms().get(i);
      boolean ofPositions = term.normaliser().isOfPositions();
      boolean counts = (first || ofPositions) && term.measures(part.batch());
      long normaliser = counts ? term.normaliser().count(part.batch(), part.targets()) : 0;
      LossTerm.OfPass ofPass = terms.get(i);
      if (!counts || (ofPositions && normaliser == 0)) {
        found.add(new Term(term.name(), 0, 0));
        continue;
      }
      if (factors[i] == 0) {
        float value = Autograd.inference(() -> HostValues.number(ofPass.sum(part)));
        found.add(new Term(term.name(), value, normaliser));
        continue;
      }
      NDArray sum = ofPass.sum(part);
      float value = HostValues.number(sum);
      found.add(new Term(term.name(), value, normaliser));
      loss += factors[i] * value;
      dependsOnPositions |= ofPositions;
      NDArray share = factors[i] == 1 ? sum : Ops.times(sum, factors[i]);
      total = total == null ? share : total.add(share);
    }
    if (total == null) {
      total = nothing(part);
    } else if (!dependsOnPositions) {
      total = total.add(nothing(part));
    }
    long correct = Autograd.inference(part::correct);
    sums = sums.plus(new ObjectiveSums(loss, part.count(), correct, found));
    return total;
  }

  private static NDArray nothing(Prediction part) {
    if (part.count() == 0) {
      throw new IllegalArgumentException("nothing is learned from a part without targets");
    }
    NDArray loss = Ops.crossEntropySum(part.logits(), part.labels(), Sample.IGNORED);
    return Ops.times(loss, 0);
  }

  /** What was found in all parts so far. */
  public ObjectiveSums sums() {
    return sums;
  }
}
