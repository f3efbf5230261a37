package io.lockstep.cli.eval;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuestionTest {

  @Test
  void anAnswerIsRightInWhateverUnicodeFormTheTruthIsWritten() {
    // Tokenizers give the composed form; file names and texts of Macs have the other.
    Question question = asking("Ka\u0308se×1");
    assertTrue(question.isAnsweredBy("K\u00e4se×1"));
    assertTrue(question.isAnsweredBy("Ka\u0308se×1"));
    assertFalse(question.isAnsweredBy("Kase×1"));
    assertFalse(question.isAnsweredBy("K\u00e4se×1 "));
  }

  private static Question asking(String truth) {
    Conversation prompt = new Conversation(List.of(Message.text(Role.USER, "?")));
    return new Question("train.jsonl:1", prompt, prompt, truth);
  }
}
