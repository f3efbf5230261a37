package io.lockstep.model.objective;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;

/**
 * The cross entropy of the wanted tokens, in nats.
 *
 * @param name what it is called in logs
 * @param weight how much it counts; 0 if it is only logged
 */
public record CrossEntropy(String name, double weight) implements LossTerm {

  /** The only term of most runs. */
  public CrossEntropy() {
    this("cross_entropy", 1);
  }

  @Override
  public OfPass begin(Scope scope, Batch batch, Activations activations) {
    return part -> Ops.crossEntropySum(part.logits(), part.labels(), Sample.IGNORED);
  }
}
