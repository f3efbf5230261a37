package io.lockstep.model.objective;

import io.lockstep.model.batch.Batch;
import io.lockstep.tensor.Scope;

/**
 * How far a student's next-token distributions are from those of a teacher that is not trained: the
 * {@link JensenShannon} divergence at every supervised position.
 *
 * <p>The teacher's hidden states [B, T, H] of a pass are computed before the student's; its logits
 * part by part, beside the student's.
 */
public record Distillation(Teacher teacher, JensenShannon divergence) implements LossTerm {

  @Override
  public String name() {
    return "kl_loss";
  }

  @Override
  public OfPass begin(Scope scope, Batch batch, Activations activations) {
    Teacher.Pass taught = teacher.over(scope, batch);
    return part -> divergence.sum(part.logits(), taught.logits(part.targets()));
  }
}
