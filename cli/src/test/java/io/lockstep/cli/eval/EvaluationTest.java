package io.lockstep.cli.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.model.context.ContextLimit;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class EvaluationTest {

  @Test
  void answersMayBeAsLongAsDenseOnesAreButNoLongerThanWhatWasTrained() {
    ContextLimit base = ContextLimit.of(32_768);
    assertEquals(2048, Evaluation.room(base, 500, 900));
    ContextLimit trained = new ContextLimit(32_768, OptionalInt.of(1024));
    assertEquals(524, Evaluation.room(trained, 500, 900));
    // The right answer is longer than what was trained: it must be possible to give it.
    assertEquals(2048, Evaluation.room(trained, 500, 1100));
    assertEquals(596, Evaluation.room(ContextLimit.of(1096), 500, 900));
  }
}
