package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.model.testing.GoldenFamily;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code lockstep plan --device-memory}. */
class DevicePlanTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "gpu.md");
  private static final long GIBIBYTE = 1L << 30;

  /** What the total is the sum of. */
  private static final List<String> PARTS =
      List.of(
          "weight_bytes",
          "copy_bytes",
          "gradient_bytes",
          "optimizer_bytes",
          "reduced_bytes",
          "activation_bytes",
          "logits_bytes",
          "exchange_bytes",
          "allowance_bytes");

  @TempDir private Path folder;

  private static JsonNode plan(String... arguments) throws IOException {
    Said said = Said.by(with(List.of("plan", "--json"), arguments));
    assertEquals(0, said.exit(), said.err());
    return said.json();
  }

  private static JsonNode first(JsonNode plan) {
    return plan.get("ranks").get(0);
  }

  @Test
  void anAdapterOfAPublishedShapeFits() throws IOException {
    JsonNode plan = plan("--model", "qwen3-vl-8b", "--tuner", "lora", "--device-memory", "80GiB");
    assertEquals("bfloat16", plan.get("compute_type").asText());
    assertEquals(5, plan.get("ranks").size());
    for (JsonNode rank : plan.get("ranks")) {
      long sum = PARTS.stream().mapToLong(part -> rank.get(part).asLong()).sum();
      assertEquals(sum, rank.get("total_bytes").asLong());
      assertTrue(rank.get("fits").asBoolean());
      // Frozen weights in bfloat16, the adapter in float32.
      assertEquals(
          2 * plan.get("parameters").asLong() + 4 * plan.get("trainable").asLong(),
          rank.get("weight_bytes").asLong());
    }
    assertEquals(8 * GIBIBYTE, first(plan).get("allowance_bytes").asLong());
    assertEquals(0, plan.get("proposals").size());
  }

  @Test
  void moreWorkersShareTheOptimizer() throws IOException {
    JsonNode ranks = plan("--model", "qwen3-vl-2b", "--device-memory", "80GiB").get("ranks");
    JsonNode two = ranks.get(1);
    JsonNode eight = ranks.get(3);
    assertEquals(8, eight.get("workers").asInt());
    assertEquals(
        0.25,
        eight.get("optimizer_bytes").asDouble() / two.get("optimizer_bytes").asDouble(),
        1e-2);
    assertEquals(two.get("weight_bytes"), eight.get("weight_bytes"));
  }

  /** What is proposed fits when it is asked for, and takes what was said. */
  @Test
  void aProposalIsWhatFits() throws IOException {
    String memory = "24GiB";
    JsonNode plan = plan("--model", "qwen3-vl-2b", "--batch", "4", "--device-memory", memory);
    assertFalse(first(plan).get("fits").asBoolean());
    JsonNode proposal = plan.get("proposals").get(0);
    assertEquals(
        "[\"training.gradient_checkpointing: true\",\"tuner.train_type: lora\"]",
        proposal.get("changes").toString());
    JsonNode changed =
        plan(
            "--model",
            "qwen3-vl-2b",
            "--batch",
            "4",
            "--checkpointing",
            "--tuner",
            "lora",
            "--device-memory",
            memory);
    assertTrue(first(changed).get("fits").asBoolean());
    assertEquals(proposal.get("total_bytes"), first(changed).get("total_bytes"));
  }

  /** Each change alone is not enough, and none is proposed that is not needed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "qwen3-vl-8b | lora | 32GiB | training.gradient_checkpointing: true",
        "qwen3-vl-2b | full | 60GiB | training.gradient_checkpointing: true",
        "qwen3-vl-8b | full | 80GiB | tuner.train_type: lora",
      })
  void theLeastChangeComesFirst(String model, String tuner, String memory, String change)
      throws IOException {
    JsonNode plan = plan("--model", model, "--tuner", tuner, "--device-memory", memory);
    JsonNode changes = plan.get("proposals").get(0).get("changes");
    assertEquals("[\"" + change + "\"]", changes.toString());
  }

  @Test
  void aRecipeIsPlannedAsItIs() throws IOException {
    Path recipe = recipe();
    JsonNode plan = plan("--config", recipe.toString(), "--device-memory", "80GiB");
    assertEquals("float32", plan.get("compute_type").asText());
    assertEquals(3, plan.get("ranks").size(), "no more workers than virtual ranks");
    assertEquals(2, plan.get("rows").asInt());
    List<String> alone =
        List.of("--config", recipe.toString(), "--allowance", "0", "--workers", "1");
    JsonNode lean = plan(with(alone, "--device-memory", "1GiB", "--checkpointing"));
    long tooLittle = first(lean).get("total_bytes").asLong() - 1;
    JsonNode tight = plan(with(alone, "--device-memory", BigDecimal.valueOf(tooLittle, 6) + "MB"));
    JsonNode proposal = tight.get("proposals").get(0);
    assertTrue(proposal.get("fits").asBoolean(), proposal::toString);
    assertTrue(
        proposal
            .get("changes")
            .toString()
            .contains(
                "training.per_device_train_batch_size: 1 with training.gradient_accumulation_steps: 8"),
        proposal::toString);
    Said said =
        Said.by(
            "plan", "--config", recipe.toString(), "--device-memory", "1GiB", "--tuner", "full");
    assertEquals(2, said.exit());
    assertTrue(said.err().contains("tuner.train_type"), said.err());
  }

  private static String[] with(List<String> options, String... more) {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private Path recipe() throws IOException {
    Path data = Files.createFile(folder.resolve("train.jsonl"));
    return Files.writeString(
        folder.resolve("recipe.yaml"),
        """
        global_max_length: 100
        model: {model: %s}
        data: {train_jsonl: %s, template: target_summary}
        training: {run_name: plan, seed: 7, max_steps: 5, per_device_train_batch_size: 8, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 0.001}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        """
            .formatted(GoldenFamily.QWEN3_VL.checkpoint(), data));
  }

  @ParameterizedTest
  @CsvSource({
    "80GiB, 85899345920",
    "80GB, 80000000000",
    "81920MiB, 85899345920",
    "79.5 gib, 85362475008"
  })
  void sizesHaveUnits(String text, long bytes) throws IOException {
    JsonNode plan =
        plan(
            "--model", "qwen3-vl-2b", "--tuner", "lora", "--device-memory", text, "--workers", "1");
    assertEquals(bytes, plan.get("device_memory_bytes").asLong());
  }

  @ParameterizedTest
  @ValueSource(strings = {"80", "GiB", "-1GiB", "0GiB", "80Gi", "80 parsecs", "99999999999TiB"})
  void otherSizesAreRefused(String text) {
    Said said = Said.by("plan", "--model", "qwen3-vl-2b", "--device-memory=" + text);
    assertEquals(2, said.exit(), said.err());
    assertTrue(said.err().contains("such as 80GiB"), said.err());
  }

  @Test
  void aNameThatIsNoneIsToldThoseThereAre() {
    Said said = Said.by("plan", "--model", "qwen3-vl-9b", "--device-memory", "80GiB");
    assertEquals(1, said.exit());
    assertTrue(said.err().contains("qwen3-vl-8b"), said.err());
  }

  /** What the page says is what the command prints. */
  @ParameterizedTest
  @ValueSource(
      strings = {"--device-memory 80GiB", "--model qwen3-vl-8b --tuner lora --device-memory 32GiB"})
  void thePageShowsWhatIsPrinted(String options) throws IOException {
    Said said = Said.by(with(List.of("plan"), options.split(" ", -1)));
    assertEquals(0, said.exit(), said.err());
    String page = Files.readString(DOCUMENT);
    assertTrue(page.contains("lockstep plan " + options), page);
    assertTrue(page.contains(said.out().strip()), () -> "docs/gpu.md must show:\n" + said.out());
  }
}
