package io.lockstep.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What level DEBUG says of an answer. */
class AnswerLineTest {

  @Test
  void lengthsAndTheBeginningOfTheTextStandOnOneLine() {
    assertEquals(
        "answer: seq_len=12 prompt_len=10 gen_len=2 resp_len=9 resp_preview=\"标签\\n\\\"a\\\\b\\\" \"",
        Generator.debugLine(new Generation("标签\n\"a\\b\" ", List.of(4, 5), 10, true)));
    String line = Generator.debugLine(new Generation("😀".repeat(100), List.of(4), 10, false));
    assertTrue(line.contains("resp_len=100 resp_preview=\"" + "😀".repeat(80) + "...\""), line);
  }

  @Test
  void anAnswerWithoutTextHasNoPreview() {
    String line = Generator.debugLine(new EmptyGeneration("a question", 7, 1, 5, "", 0.5));
    assertEquals("answer: seq_len=8 prompt_len=7 gen_len=1 resp_len=0 resp_preview=\"\"", line);
  }
}
