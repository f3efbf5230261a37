package io.lockstep.cli.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.answer.CoordinateRange;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.record.Origin;
import io.lockstep.data.score.MatchCounts;
import io.lockstep.model.generate.EmptyGeneration;
import io.lockstep.model.generate.Generation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What answers count as. */
class JudgedTest {

  private static final int LIMIT = 16;

  private static final String DENSE =
      "{\"object_1\": {\"desc\": \"cat\", \"bbox_2d\": [0, 0, 100, 100]},"
          + " \"object_2\": {\"desc\": \"dog\", \"bbox_2d\": [500, 500, 600, 600]}}";

  @Test
  void anAnswerIsRightInWhateverUnicodeFormTheTruthIsWritten() {
    // Tokenizers give the composed form; file names and texts of Macs have the other.
    assertEquals(Verdict.RIGHT, text("Ka\u0308se×1", "K\u00e4se×1", true).verdict());
    assertEquals(Verdict.RIGHT, text("Ka\u0308se×1", "Ka\u0308se×1", true).verdict());
    assertEquals(Verdict.WRONG, text("Ka\u0308se×1", "Kase×1", true).verdict());
    assertEquals(Verdict.WRONG, text("Ka\u0308se×1", "K\u00e4se×1 ", true).verdict());
  }

  @Test
  void whatTheLimitEndedIsCutWhateverItSays() {
    assertEquals(Verdict.CUT, text("cat×1", "cat×1", false).verdict());
    assertFalse(text("cat×1", "cat×1", false).exact());
    Judged dense = dense(DENSE.substring(0, DENSE.length() - 5), false);
    assertEquals(Verdict.CUT, dense.verdict());
    assertEquals("1 objects complete of 2 wanted", dense.reason());
    assertEquals(new MatchCounts(2, 0, 0, 0, 0, 0), counts(dense));
    assertEquals(new MatchCounts(2, 0, 0, 0, 0, 0), counts(dense(DENSE, false)));
  }

  @Test
  void aRepetitionIsALoopWhoeverEndedItUnlessItIsWanted() {
    String loop = "cat ".repeat(20);
    assertEquals(Verdict.LOOP, text("cat×1", loop, false).verdict());
    assertEquals(Verdict.LOOP, text("cat×1", loop, true).verdict());
    assertEquals(Verdict.RIGHT, text(loop, loop, true).verdict());
    StringBuilder same = new StringBuilder("{");
    for (int i = 1; i < 9; i++) {
      same.append(
          "\"object_%d\": {\"desc\": \"cat\", \"bbox_2d\": [0, 0, 100, 100]}, ".formatted(i));
    }
    assertEquals(Verdict.LOOP, dense(same.toString(), false).verdict());
    assertEquals(0, counts(dense(same.toString(), false)).answered());
  }

  @Test
  void aDenseAnswerIsRightIfItFindsAndDescribesAllAndNoMore() {
    assertEquals(Verdict.RIGHT, dense(DENSE, true).verdict());
    Judged near = dense(DENSE.replace("[500, 500", "[510, 505"), true);
    assertEquals(Verdict.RIGHT, near.verdict());
    assertFalse(near.exact());
    Judged other = dense(DENSE.replace("dog", "cow"), true);
    assertEquals(Verdict.WRONG, other.verdict());
    assertEquals(new MatchCounts(2, 2, 2, 2, 1, 2), counts(other));
    Judged less = dense(DENSE.substring(0, DENSE.indexOf(", \"object_2")) + "}", true);
    assertEquals(Verdict.WRONG, less.verdict());
    assertEquals(0.5, counts(less).recall());
  }

  @Test
  void aDenseAnswerThatCantBeReadMissesEverything() {
    Judged prose = dense("I see a cat and a dog.", true);
    assertEquals(Verdict.UNPARSEABLE, prose.verdict());
    assertTrue(prose.reason().contains("no JSON"), prose.reason());
    assertEquals(new MatchCounts(2, 0, 0, 0, 0, 0), counts(prose));
  }

  @Test
  void noTextIsEmptyAndEndedByTheModelOrTheLimit() {
    Judged none =
        Judged.of(denseQuestion(), new EmptyGeneration("f:1", 20, 0, 2, "<|im_end|>", 0.7), LIMIT);
    assertEquals(Verdict.EMPTY, none.verdict());
    assertTrue(none.endedByModel());
    assertEquals(2, counts(none).truths());
    EmptyGeneration blanks = new EmptyGeneration("f:1", 20, LIMIT, 2, " ", 0.7);
    assertFalse(Judged.of(denseQuestion(), blanks, LIMIT).endedByModel());
  }

  @Test
  void outcomesKeepKindsAndVerdictsApart() {
    Outcomes outcomes =
        Outcomes.NONE
            .plus(dense(DENSE, true))
            .plus(dense("no", true))
            .plus(text("a", "a", true))
            .plus(text("a", "b", true))
            .plus(text("a", "b", false));
    assertEquals(2, outcomes.asked(AnswerKind.DENSE));
    assertEquals(3, outcomes.asked(AnswerKind.CHAT));
    assertEquals(1, outcomes.count(AnswerKind.CHAT, Verdict.CUT));
    assertEquals(2, outcomes.count(Verdict.RIGHT));
    assertEquals(1.0 / 3, outcomes.rightShare(AnswerKind.CHAT));
    assertEquals(0.4, outcomes.exactShare());
    assertTrue(Double.isNaN(outcomes.rightShare(AnswerKind.SUMMARY)));
    assertEquals(new MatchCounts(4, 2, 2, 2, 2, 2), outcomes.dense().overall());
  }

  @Test
  void aLineOfTheAnswersFileSaysAllOfIt() throws IOException {
    JsonNode line = line("site", dense(DENSE.replace("dog", "cow"), true));
    assertEquals("train.jsonl:7", line.get("id").textValue());
    assertEquals(7, line.get("line").intValue());
    assertEquals("site", line.get("dataset").textValue());
    assertEquals("dense", line.get("kind").textValue());
    assertEquals(DENSE, line.get("target").textValue());
    assertEquals("eos", line.get("ended_by").textValue());
    assertEquals("wrong", line.get("verdict").textValue());
    assertEquals(2, line.get("dense").get("boxes").get("found").intValue());
    assertEquals(1, line.get("dense").get("described").intValue());
    assertEquals(1.0, line.get("dense").get("mean_iou").doubleValue());
    JsonNode cut = line("", text("a", " Ka\u0308se", false));
    assertEquals("length", cut.get("ended_by").textValue());
    assertEquals(" Ka\u0308se", cut.get("answer").textValue());
    assertEquals("K\u00e4se", cut.get("filtered_answer").textValue());
    assertFalse(cut.has("dataset") || cut.has("dense"));
  }

  private static JsonNode line(String dataset, Judged judged) throws IOException {
    return new ObjectMapper().readTree(AnswerLog.line(dataset, 1.0, judged));
  }

  private static MatchCounts counts(Judged judged) {
    return judged.dense().orElseThrow().overall();
  }

  private static Judged dense(String answer, boolean ended) {
    return Judged.of(denseQuestion(), new Generation(answer, List.of(1, 2), 20, ended), LIMIT);
  }

  private static Judged text(String truth, String answer, boolean ended) {
    Question question = question(AnswerKind.CHAT, truth, Optional.empty());
    return Judged.of(question, new Generation(answer, List.of(1, 2), 20, ended), LIMIT);
  }

  private static Question denseQuestion() {
    Scene scene = Scene.of("train.jsonl:7", 640, 480, CoordinateRange.THOUSANDTHS, DENSE);
    return question(AnswerKind.DENSE, DENSE, Optional.of(scene));
  }

  private static Question question(AnswerKind kind, String truth, Optional<Scene> scene) {
    Conversation prompt = new Conversation(List.of(Message.text(Role.USER, "?")));
    return new Question(new Origin(Path.of("train.jsonl"), 7), kind, prompt, prompt, truth, scene);
  }
}
