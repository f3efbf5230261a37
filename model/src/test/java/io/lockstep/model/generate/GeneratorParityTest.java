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
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Greedy answers equal those of the public implementation, token by token. */
@Tag("numeric")
class GeneratorParityTest {

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @MethodSource("familiesAndProfiles")
  void everyBatchAndEverySingleConversationGivesTheReferenceTokens(
      GoldenFamily family, Profile profile) throws IOException {
    List<GoldenConversations.Case> cases = family.conversations();
    try (LoadedModel model = LoadedModel.open(family.checkpoint())) {
      for (JsonNode golden : family.cases().get("generate")) {
        List<Conversation> conversations = new ArrayList<>();
        golden
            .get("conversations")
            .forEach(index -> conversations.add(cases.get(index.asInt()).prompt()));
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
  }

  static Stream<Arguments> familiesAndProfiles() {
    return Stream.of(GoldenFamily.values())
        .flatMap(
            family -> Stream.of(Profile.values()).map(profile -> Arguments.of(family, profile)));
  }

  @ParameterizedTest
  @EnumSource
  void piecesHeardWhileGeneratingMakeUpTheAnswers(Profile profile) throws IOException {
    List<GoldenConversations.Case> cases = GoldenFamily.QWEN3_VL.conversations();
    List<Conversation> conversations = List.of(cases.get(1).prompt(), cases.get(2).prompt());
    List<StringBuilder> heard = List.of(new StringBuilder(), new StringBuilder());
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
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
  }

  private static List<Integer> tokens(JsonNode row) {
    return StreamSupport.stream(row.spliterator(), false).map(JsonNode::asInt).toList();
  }
}
