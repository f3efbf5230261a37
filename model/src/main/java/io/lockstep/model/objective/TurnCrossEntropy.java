package io.lockstep.model.objective;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.network.Prediction;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;

/**
 * The cross entropy of the wanted tokens of one side, in nats: of the answers in demonstrations (a
 * teacher's), or of those that follow them (the student's). It is a mean over that side's tokens of
 * the whole step, however many the other has.
 *
 * @param weight how much it counts; with 0 the side's tokens are context, and its loss is only
 *     logged
 */
public record TurnCrossEntropy(Side side, double weight) implements LossTerm {

  /** Whose answers. */
  public enum Side {
    /** Those in demonstrations. */
    TEACHER("teacher_lm_loss", Normaliser.TEACHER_TOKENS),
    /** Those that count when the model is used. */
    STUDENT("student_lm_loss", Normaliser.STUDENT_TOKENS);

    private final String term;
    private final Normaliser tokens;

    Side(String term, Normaliser tokens) {
      this.term = term;
      this.tokens = tokens;
    }

    boolean has(byte mark) {
      return Marks.isTeachers(mark) == (this == TEACHER);
    }
  }

  @Override
  public String name() {
    return side.term;
  }

  @Override
  public Normaliser normaliser() {
    return side.tokens;
  }

  @Override
  public OfPass begin(Scope scope, Batch batch, Activations activations) {
    return part -> {
      Prediction own = part.only(side::has);
      return Ops.crossEntropySum(own.logits(), own.labels(), Sample.IGNORED);
    };
  }
}
