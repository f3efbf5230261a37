package io.lockstep.model.objective;

import io.lockstep.model.batch.Sample;
import io.lockstep.model.network.Prediction;
import io.lockstep.tensor.Ops;
import java.util.List;

/** The cross entropy of the wanted tokens, in nats. */
public record CrossEntropy() implements Objective {

  @Override
  public String name() {
    return "cross_entropy";
  }

  @Override
  public List<Term> terms(Prediction prediction) {
    return List.of(
        new Term(
            "loss",
            Ops.crossEntropySum(prediction.logits(), prediction.labels(), Sample.IGNORED),
            prediction.count(),
            1));
  }
}
