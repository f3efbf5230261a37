package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.run.RunFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of a model that overflows on pictures, with one picture among texts. */
class NonFiniteRunTest {

  private static final int TEXTS = 11;
  private static final int STEPS = 5;

  @TempDir private static Path folder;
  private static Path recipe = Path.of("");

  @BeforeAll
  static void makeOverflowingModel() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    Path begin = tiny.recipe("begin.yaml", tiny.data().resolve("train.jsonl"), 1);
    Launched.train(folder, begin, 1, "begin").succeeded();
    Path model = new RunFolder(folder.resolve("begin")).lastCheckpoint().orElseThrow();
    overflow(model.resolve("model.safetensors"));
    Path data = records(tiny.data().resolve("images"));
    recipe =
        Files.writeString(
            folder.resolve("overflowing.yaml"),
            """
            global_max_length: 400
            model: {model: %s}
            data: {train_jsonl: %s, template: chatml}
            training: {max_nonfinite_steps: 1, run_name: tiny, seed: 7, max_steps: %d, per_device_train_batch_size: 1, gradient_accumulation_steps: 4, logging_steps: 1, learning_rate: 0.001}
            tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
            """
                .formatted(model, data, STEPS));
  }

  private static Path records(Path images) throws IOException {
    Path picture;
    try (Stream<Path> files = Files.walk(images)) {
      picture = files.filter(Files::isRegularFile).sorted().findFirst().orElseThrow();
    }
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < TEXTS; i++) {
      lines.append(
          """
          {"messages": [{"role": "user", "content": "number %1$d?"}, {"role": "assistant", "content": "the answer %1$d"}]}
          """
              .formatted(i));
    }
    lines.append(
        """
        {"messages": [{"role": "user", "content": [{"type": "image", "image": "%s"}, {"type": "text", "text": "what?"}]}, {"role": "assistant", "content": "a picture"}]}
        """
            .formatted(folder.relativize(picture)));
    return Files.writeString(folder.resolve("mixed.jsonl"), lines);
  }

  /** Makes a bias of the merger infinite. */
  private static void overflow(Path safetensors) throws IOException {
    byte[] bytes = Files.readAllBytes(safetensors);
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int header = Math.toIntExact(file.getLong(0));
    JsonNode tensors =
        new ObjectMapper().readTree(new String(bytes, Long.BYTES, header, StandardCharsets.UTF_8));
    int begin =
        tensors.properties().stream()
            .filter(each -> each.getKey().endsWith("visual.merger.linear_fc2.bias"))
            .map(Map.Entry::getValue)
            .map(each -> each.get("data_offsets").get(0).intValue())
            .findFirst()
            .orElseThrow();
    file.putFloat(Long.BYTES + header + begin, Float.POSITIVE_INFINITY);
    Files.write(safetensors, bytes);
  }

  @Test
  void stepsWithThePictureAreSkippedAlikeOnAnyNumberOfWorkersAndAfterKills() throws Exception {
    Launched alone = Launched.train(folder, recipe, 1, "alone").succeeded();
    assertTrue(alone.out().contains("SKIPPED step "), alone.out());
    assertTrue(alone.out().contains("mixed.jsonl:" + (TEXTS + 1)), alone.out());
    assertTrue(alone.out().contains("steps were SKIPPED"), alone.out());
    Path schedule =
        Files.writeString(
            folder.resolve("kills.jsonl"),
            """
            {"at_step": 2, "process": "worker-1", "restart_after": 0}
            {"at_step": 3, "process": "coordinator", "restart_after": 0}
            """);
    Launched killed =
        Launched.train(folder, recipe, 2, "killed", "--kill-schedule", schedule.toString())
            .succeeded();
    assertEquals(alone.lastLine(), killed.lastLine());
    List<JsonNode> lines = lines("alone");
    assertEquals(STEPS, lines.size());
    long skips = lines.getLast().get("skipped_steps").longValue();
    assertTrue(skips > 0 && skips < STEPS, lines.toString());
    assertEquals(skips, lines.stream().filter(line -> line.get("loss").isNull()).count());
    assertEquals(
        lines.stream().map(line -> line.get("digest")).toList(),
        lines("killed").stream().map(line -> line.get("digest")).toList());
  }

  @Test
  void withoutTheKeyTheFirstSuchStepEndsTheRunAndNamesItsSamples() throws Exception {
    Path strict =
        Files.writeString(
            folder.resolve("strict.yaml"),
            Files.readString(recipe).replace("max_nonfinite_steps: 1, ", ""));
    Launched.train(folder, strict, 1, "strict")
        .failedWith(
            1,
            "the loss of virtual rank",
            "mixed.jsonl:" + (TEXTS + 1),
            "training.max_nonfinite_steps would skip such a step");
  }

  private static List<JsonNode> lines(String out) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(new RunFolder(folder.resolve(out)).metrics())) {
      lines.add(json.readTree(line));
    }
    return lines;
  }
}
