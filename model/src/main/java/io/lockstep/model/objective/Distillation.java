package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;

/**
 * How far a student's next-token distributions are from those of a teacher that is not trained: the
 * {@link JensenShannon} divergence at every supervised position.
 *
 * <p>The teacher's hidden states [B, T, H] of a pass are computed before the student's; its logits
 * part by part, beside the student's.
 *
 * @param teacher over the same tokens and pictures as the student
 */
public record Distillation(VisionLanguageModel teacher, JensenShannon divergence)
    implements LossTerm {

  @Override
  public String name() {
    return "kl_loss";
  }

  @Override
  public OfPass begin(Scope scope, Batch batch, Activations activations) {
    NDArray hidden_BTH =
        Autograd.inference(() -> teacher.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE));
    return part -> {
      NDArray taught =
          Autograd.inference(
              () -> teacher.prediction(scope, batch, hidden_BTH, part.targets()).logits());
      return divergence.sum(part.logits(), taught);
    };
  }
}
