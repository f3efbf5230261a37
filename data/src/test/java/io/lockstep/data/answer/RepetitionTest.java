package io.lockstep.data.answer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class RepetitionTest {

  @Test
  void anAnswerThatEndsInOnePieceOverAndOverIsARepetition() {
    String text = "The picture shows " + "a cat and ".repeat(7) + "a c";
    assertEquals(Optional.of(new Repetition(" and a c", 7)), found(text, 8));
    assertEquals(Optional.of(new Repetition("!", 64)), Repetition.atEndOf("No" + "!".repeat(64)));
  }

  @Test
  void itTakesFourTimesAndSixtyFourCharacters() {
    assertEquals(Optional.empty(), Repetition.atEndOf("No" + "!".repeat(63)));
    String sentence = "This is a sentence of fifty characters, no longer. ";
    assertEquals(Optional.empty(), Repetition.atEndOf("Well. " + sentence.repeat(3)));
    assertEquals(
        Optional.of(4), Repetition.atEndOf("Well. " + sentence.repeat(4)).map(Repetition::times));
  }

  @Test
  void whatCameBeforeAndIsOverIsNone() {
    assertEquals(Optional.empty(), Repetition.atEndOf("na ".repeat(40) + "and then it went on."));
    assertEquals(Optional.empty(), Repetition.atEndOf(""));
  }

  @Test
  void theSameObjectIsARepetitionWhateverItsNumber() {
    StringBuilder same = new StringBuilder("{");
    StringBuilder moving = new StringBuilder("{");
    for (int i = 1; i <= 12; i++) {
      String start = "\"object_" + i + "\": {\"desc\": \"cat\", \"bbox_2d\": [1, 2, 3, ";
      same.append(start).append("4]}, ");
      moving.append(start).append(4 + i * i).append("]}, ");
    }
    assertEquals(Optional.of(11), Repetition.atEndOf(same.toString()).map(Repetition::times));
    String closed = same.substring(0, same.length() - 2) + "}";
    assertEquals(Optional.of(11), Repetition.atEndOf(closed).map(Repetition::times));
    assertEquals(Optional.empty(), Repetition.atEndOf(moving.toString()));
  }

  private static Optional<Repetition> found(String text, int pieceLength) {
    return Repetition.atEndOf(text)
        .map(each ->
            new Repetition(
                each.piece().substring(each.piece().length() - pieceLength), each.times()));
  }
}
