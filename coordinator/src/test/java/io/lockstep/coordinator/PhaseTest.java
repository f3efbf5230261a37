package io.lockstep.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.EnumSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PhaseTest {

  @ParameterizedTest
  @CsvSource({
    "WAITING, FORMING FINISHED FAILED",
    "FORMING, FORMING WAITING TRAINING FINISHED FAILED",
    "TRAINING, SAVING FORMING WAITING FINISHED FAILED",
    "SAVING, TRAINING FORMING WAITING FINISHED FAILED",
    "FINISHED, ''",
    "FAILED, ''"
  })
  void onlyTheseMayFollow(Phase phase, String successors) {
    EnumSet<Phase> expected = EnumSet.noneOf(Phase.class);
    for (Phase each : Phase.values()) {
      if ((" " + successors + " ").contains(" " + each + " ")) {
        expected.add(each);
      }
    }
    assertEquals(expected, phase.successors());
    assertEquals(expected.isEmpty(), phase.ended());
  }
}
