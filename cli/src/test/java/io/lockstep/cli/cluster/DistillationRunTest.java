package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.testing.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose student learns from a teacher, on answers that both write. */
class DistillationRunTest {

  private static final double ALPHA = 0.25;

  private static final Path TEACHER = Path.of("..", "base-model").toAbsolutePath().normalize();

  @TempDir private static Path folder;
  private static TinyRun tiny;

  @BeforeAll
  static void makeDataAndModel() throws IOException {
    tiny = TinyRun.create(folder);
  }

  private static Path recipe(String name, Path from) throws IOException {
    String text =
        Files.readString(tiny.recipe()).replace("seed: 7", "seed: 8")
            + "rlhf: {rlhf_type: gkd, teacher_model: %s, beta: 0.1, sft_alpha: %s, lmbda: 0.5, seq_kd: true, max_completion_length: 12}\n"
                .formatted(from, ALPHA);
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void theSameBitsWithWorkersThatAreKilledAndBothTermsInTheLog() throws Exception {
    Path recipe = recipe("student.yaml", TEACHER);
    String alone = Launched.train(folder, recipe, 1, "one").succeeded().lastLine();
    Path kills = folder.resolve("kills.jsonl");
    Files.writeString(
        kills,
        "{\"at_step\": 2, \"process\": \"worker-1\", \"signal\": \"SIGKILL\", \"restart_after\": 1}\n");
    Launched two =
        Launched.train(folder, recipe, 2, "two", "--kill-schedule", kills.toString()).succeeded();
    assertEquals(alone, two.lastLine());
    List<String> lines = Files.readAllLines(folder.resolve("two/logging.jsonl"));
    assertEquals(tiny.steps(), lines.size());
    for (String line : lines) {
      JsonNode step = new ObjectMapper().readTree(line);
      double kl = step.get("kl_loss").asDouble();
      double sft = step.get("sft_loss").asDouble();
      assertTrue(kl > 0 && sft > 0, line);
      assertEquals(kl + ALPHA * sft, step.get("loss").asDouble(), 1e-6 * sft, line);
    }
  }

  @Test
  void aTeacherWithOtherTokensIsRefusedBeforeAnythingStarts() throws Exception {
    Path other = Folders.copy(TEACHER, folder.resolve("other"));
    Path processor = other.resolve("preprocessor_config.json");
    ObjectMapper json = new ObjectMapper();
    ObjectNode options = (ObjectNode) json.readTree(processor.toFile());
    options.putArray("image_mean").add(0.1).add(0.2).add(0.3);
    json.writeValue(processor.toFile(), options);
    Launched refused =
        Launched.run(folder, "validate", "--config", recipe("other.yaml", other).toString());
    assertNotEquals(0, refused.process().exitValue());
    String said = refused.out() + refused.errors();
    assertTrue(said.contains("the image processor is"), said);
    Launched run = Launched.train(folder, recipe("other.yaml", other), 1, "never");
    run.failedWith(1, other.toString(), "the image processor is");
    assertFalse(Files.exists(folder.resolve("never/logs")));
  }
}
