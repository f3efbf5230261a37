package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.gateway.serving.Alignment;
import io.lockstep.gateway.serving.CertificatePolicy;
import io.lockstep.gateway.serving.CheckpointModel;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.GenerationResult;
import io.lockstep.model.generate.Profile;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The vocabulary of the published models and answers of 2,000 tokens, whose logits would take 1.2
 * GB: with heaps as they come, which are smaller than that.
 */
class LargeVocabularyTest {

  private static final int VOCABULARY = 151_936;
  private static final int ANSWER = 2000;
  private static final int SERVED = 64;

  @TempDir private Path folder;

  @Test
  void aRunTrainsSavesGoesOnAndIsServed() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    enlarge(folder.resolve("model").resolve("config.json"));
    Path data = writeRecords();
    String once = recipe(tiny.recipe("once.yaml", data, 1));
    String twice = recipe(tiny.recipe("twice.yaml", data, 2));

    train(once).succeeded();
    train(twice, "--resume", "--acknowledge", "training.max_steps").succeeded();

    Path checkpoint = folder.resolve("run/checkpoints/step-00000002");
    assertTrue(Files.exists(checkpoint.resolve("alignment.json")));
    assertFalse(Files.exists(checkpoint.resolve("uncertified.json")));
    Torch.start(1);
    try (CheckpointModel served = CheckpointModel.open(checkpoint, 2, CertificatePolicy.REQUIRED)) {
      assertFalse(served.identity().alignment().equals(Alignment.UNCERTIFIED));
      assertEquals(SERVED, answer(served).newTokens());
    }
  }

  /** The network grows by rows of its table that the tokenizer never asks for. */
  private static void enlarge(Path config) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = (ObjectNode) json.readTree(config.toFile());
    ((ObjectNode) root.get("text_config"))
        .put("vocab_size", VOCABULARY)
        .put("max_position_embeddings", 4096);
    json.writeValue(config.toFile(), root);
  }

  private Path writeRecords() throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<String> lines = new ArrayList<>();
    for (int record = 0; record < 2; record++) {
      ObjectNode line = json.createObjectNode();
      var messages = line.putArray("messages");
      messages.addObject().put("role", "user").put("content", "count " + record);
      // No tokenizer makes one token of a digit and a letter that differ from place to place.
      StringBuilder answer = new StringBuilder();
      for (int i = 0; answer.length() < ANSWER + 20 * record; i++) {
        answer.append((char) ('0' + i % 10)).append((char) ('A' + (i * 7 + record) % 26));
      }
      messages.addObject().put("role", "assistant").put("content", answer.toString());
      lines.add(json.writeValueAsString(line));
    }
    return Files.write(folder.resolve("long.jsonl"), lines);
  }

  private static String recipe(Path recipe) throws IOException {
    String text =
        Files.readString(recipe)
            .replace("per_device_train_batch_size: 8", "per_device_train_batch_size: 1")
            .replace("training: {", "training: {save_steps: 1, ")
            .replace("global_max_length: 400", "global_max_length: 4096");
    Files.writeString(recipe, text);
    return recipe.toString();
  }

  private Launched train(String recipe, String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("train", "--config", recipe, "--workers", "1", "--out", "run"));
    arguments.addAll(List.of(more));
    return Launched.run(folder, arguments.toArray(String[]::new));
  }

  /** Its words are those of an almost untrained network: maybe none that the tokenizer knows. */
  private static GenerationResult answer(CheckpointModel served) throws IOException {
    List<GenerationResult> results = new ArrayList<>();
    GenerationListener listener =
        new GenerationListener() {
          @Override
          public void onText(int row, String piece) {}

          @Override
          public void onEnd(int row, GenerationResult result) {
            results.add(result);
          }
        };
    Conversation question = new Conversation(List.of(Message.text(Role.USER, "count 1")));
    DecodingOptions decoding = new DecodingOptions(1, 1, 0, 1, SERVED, SERVED, 3);
    GenerationRequest request = new GenerationRequest("long", question, decoding);
    served.respond(List.of(served.prepare(request, () -> false)), Profile.CACHED, listener);
    return results.getFirst();
  }
}
