package io.lockstep.model.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Greedy answers equal those of the public implementation, token by token. */
class GeneratorParityTest {

  private static final Path GOLDENS = Path.of("src/test/resources/goldens");

  private static LoadedModel model;
  private static JsonNode cases;

  @BeforeAll
  static void load() throws IOException {
    Torch.start(1);
    model = LoadedModel.open(GOLDENS.resolve("qwen3_vl/checkpoint"));
    cases = new ObjectMapper().readTree(GOLDENS.resolve("qwen3_vl/cases.json").toFile());
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
          model.generator().generate(conversations, new GenerationOptions(longest, profile));

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
                new GenerationOptions(8, profile),
                (row, piece) -> heard.get(row).append(piece));

    assertEquals(
        answers.stream().map(Generation::text).toList(),
        heard.stream().map(StringBuilder::toString).toList());
  }

  private static List<Integer> tokens(JsonNode row) {
    return StreamSupport.stream(row.spliterator(), false).map(JsonNode::asInt).toList();
  }

  private static Conversation conversation(int index) {
    JsonNode golden = cases.get("conversations").get(index);
    List<Message> messages = new ArrayList<>();
    if (golden.has("system")) {
      messages.add(Message.text(Role.SYSTEM, golden.get("system").asText()));
    }
    List<Content> contents = new ArrayList<>();
    for (JsonNode image : golden.get("images")) {
      contents.add(
          new Content.Image(
              new ImageSource.File(GOLDENS.resolve("images").resolve(image.asText()))));
    }
    contents.add(new Content.Text(golden.get("user").asText()));
    messages.add(new Message(Role.USER, contents));
    return new Conversation(messages);
  }
}
