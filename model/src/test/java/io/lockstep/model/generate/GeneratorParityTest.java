package io.lockstep.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Greedy answers equal those of the public implementation, token by token. */
class GeneratorParityTest {

  private static LoadedModel model;
  private static JsonNode cases;
  private static List<GoldenConversations.Case> conversations;

  @BeforeAll
  static void load() throws IOException {
    Torch.start(1);
    model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint());
    cases = GoldenFamily.QWEN3_VL.cases();
    conversations = GoldenFamily.QWEN3_VL.conversations();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @ParameterizedTest
  @EnumSource(Profile.class)
  void everyBatchAndEverySingleConversationGivesTheReferenceTokens(Profile profile)
      throws IOException {
    for (JsonNode golden : cases.get("generate")) {
      List<Conversation> conversations = new ArrayList<>();
      golden.get("conversations").forEach(index -> conversations.add(conversation(index.asInt())));
      List<List<Integer>> expected = new ArrayList<>();
      golden.get("new_tokens").forEach(row -> expected.add(tokens(row)));
      int longest = expected.stream().mapToInt(List::size).max().orElseThrow();

      List<Generation> answers =
          model.generator().generate(conversations, GenerationOptions.greedy(longest, profile));

      assertEquals(
          expected,
          answers.stream().map(Generation::tokens).toList(),
          golden.get("conversations").toString());
    }
  }

  @ParameterizedTest
  @EnumSource(Profile.class)
  void piecesHeardWhileGeneratingMakeUpTheAnswers(Profile profile) throws IOException {
    List<Conversation> conversations = List.of(conversation(1), conversation(2));
    List<StringBuilder> heard = List.of(new StringBuilder(), new StringBuilder());

    List<Generation> answers =
        model
            .generator()
            .generate(
                conversations,
                GenerationOptions.greedy(8, profile),
                (row, piece) -> heard.get(row).append(piece));

    assertEquals(
        answers.stream().map(Generation::text).toList(),
        heard.stream().map(StringBuilder::toString).toList());
  }

  private static List<Integer> tokens(JsonNode row) {
    return StreamSupport.stream(row.spliterator(), false).map(JsonNode::asInt).toList();
  }

  private static Conversation conversation(int index) {
    return conversations.get(index).prompt();
  }
}
