package io.lockstep.model.objective;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.network.Prediction;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;

/**
 * The cross entropy of wanted tokens, in nats: a mean over those of one side of the whole step,
 * however many there are of others.
 *
 * @param name what it is called in logs
 * @param weight how much it counts; 0 if it is only logged
 * @param normaliser whose tokens it is of: one that counts tokens
 */
public record CrossEntropy(String name, double weight, Normaliser normaliser) implements LossTerm {

  /** Checks that it is of tokens. */
  public CrossEntropy {
    if (!normaliser.isOfPositions()) {
      throw new IllegalArgumentException("a cross entropy is of tokens, not of " + normaliser);
    }
  }

  /** The only term of most runs: of all supervised tokens. */
  public CrossEntropy() {
    this("cross_entropy", 1, Normaliser.TOKENS);
  }

  /** Of the answers in demonstrations, which a teacher gives; with weight 0 they are context. */
  public static CrossEntropy ofTeachers(double weight) {
    return new CrossEntropy("teacher_lm_loss", weight, Normaliser.TEACHER_TOKENS);
  }

  /** Of the answers that follow demonstrations: those that count when the model is used. */
  public static CrossEntropy ofStudents(double weight) {
    return new CrossEntropy("student_lm_loss", weight, Normaliser.STUDENT_TOKENS);
  }

  /**
   * Beside a teacher's distributions: of answers that the model has not written itself.
   *
   * @param writes whether it writes some itself
   */
  static CrossEntropy besideTeacher(double weight, boolean writes) {
    return new CrossEntropy(
        "sft_loss", weight, writes ? Normaliser.GIVEN_TOKENS : Normaliser.TOKENS);
  }

  @Override
  public OfPass begin(Scope scope, Batch batch, Activations activations) {
    return part -> {
      Prediction own = normaliser == Normaliser.TOKENS ? part : part.only(normaliser::has);
      return Ops.crossEntropySum(own.logits(), own.labels(), Sample.IGNORED);
    };
  }
}
