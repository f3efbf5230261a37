package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.model.family.PublishedModels;
import io.lockstep.model.testing.GoldenFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code lockstep plan}. */
class PlanTest {

  private static final String FULL = "{train_type: full, freeze_vit: false, freeze_aligner: false}";

  private static final Path MODEL = GoldenFamily.QWEN3_VL.checkpoint();

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "qwen3-vl-2b, qwen3_vl, 2127532032",
    "qwen3-vl-4b, qwen3_vl, 4437815808",
    "qwen3-vl-8b, qwen3_vl, 8767123696",
    "qwen2.5-vl-3b, qwen2_5_vl, 3754622976",
    "qwen2.5-vl-7b, qwen2_5_vl, 8292166656",
  })
  void publishedSizesNeedTheirConfigAlone(String name, String family, long parameters)
      throws IOException {
    Path config = folder.resolve("config.json");
    PublishedModels.config(name).write(config);
    Said said = Said.by("plan", "--model", config.toString(), "--workers", "4", "--json");
    assertEquals(0, said.exit(), said.err());
    JsonNode line = said.json();
    JsonNode byName = Said.by("plan", "--model", name, "--workers", "4", "--json").json();
    assertEquals(line.get("stages"), byName.get("stages"));
    assertEquals(family, line.get("model_type").asText());
    assertEquals(parameters, line.get("parameters").asLong());
    JsonNode alone = line.get("stages").get(0);
    JsonNode sharded = line.get("stages").get(3);
    // Laid out with gaps of a few values.
    assertEquals(4.0 * parameters, alone.get("weight_bytes").asDouble(), 1e-3 * parameters);
    // A quarter, and the copy of another one.
    assertEquals(0.5, share(sharded, alone, "optimizer_bytes"), 1e-3);
    assertTrue(share(sharded, alone, "weight_bytes") < 0.8);
    assertTrue(share(sharded, alone, "gradient_bytes") < 0.8);
  }

  @Test
  void aRooflineSaysWhatOperatorsHaveToDoAndWhatTheyTake() throws IOException {
    Said said =
        Said.by(
            "plan",
            "--roofline",
            "--model",
            Path.of("..", "base-model").toString(),
            "--batch",
            "2",
            "--length",
            "48",
            "--image",
            "64",
            "--workers",
            "2",
            "--json");
    assertEquals(0, said.exit(), said.err());
    assertTrue(said.out().contains("matrix products"), said.out());
    assertTrue(said.out().contains("gradients and weights of 2 workers"), said.out());
    for (String what : List.of("step", "token")) {
      JsonNode found = said.json().get(what);
      double groups = 0;
      for (JsonNode group : found.get("groups")) {
        assertTrue(group.get("predicted_s").asDouble() > 0, group.toString());
        assertTrue(List.of("compute", "memory").contains(group.get("limited_by").asText()));
        groups += group.path("measured_s").asDouble();
      }
      assertEquals(
          found.get("measured_s").asDouble(),
          groups + found.get("between_operators_s").asDouble(),
          1e-9);
      assertTrue(groups > 0);
    }
  }

  @Test
  void aRooflineOfAShapeIsPredictedAlone() throws IOException {
    Said said = Said.by("plan", "--roofline", "--model", "qwen3-vl-2b", "--json");
    assertEquals(0, said.exit(), said.err());
    assertTrue(said.out().contains("not measured"), said.out());
    assertTrue(said.json().get("step").path("measured_s").isMissingNode());
    for (List<String> wrong :
        List.of(
            List.of("--supervised", "3"),
            List.of("--image", "100"),
            List.of("--length", "10"),
            List.of("--device-memory", "1GiB"))) {
      List<String> line = new ArrayList<>(List.of("plan", "--roofline", "--model", "qwen3-vl-2b"));
      line.addAll(wrong);
      assertEquals(2, Said.by(line.toArray(String[]::new)).exit(), wrong.toString());
    }
  }

  private static double share(JsonNode sharded, JsonNode alone, String part) {
    return sharded.get(part).asDouble() / alone.get(part).asDouble();
  }

  @Test
  void aRecipeSaysWhatIsTrainedAndHowLargeAMicroBatchIs() throws IOException {
    JsonNode full = plan("full", FULL, "", "--workers", "2");
    assertEquals(full.get("parameters"), full.get("trainable"));
    // 8 samples over 4 virtual ranks are 2 of 100 tokens; the preprocessor lets a picture have 64.
    assertEquals(2 * 64 * 4, full.get("micro_batch_patches").asLong());
    assertTrue(full.get("activation_bytes").asLong() > 0);

    JsonNode frozen = plan("frozen", "{train_type: full}", "");
    assertTrue(frozen.get("trainable").asLong() < full.get("trainable").asLong());
    assertTrue(
        frozen.get("activation_bytes").asLong() < full.get("activation_bytes").asLong(),
        "a frozen tower keeps nothing");

    JsonNode lora =
        plan(
            "lora",
            "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 2}",
            "");
    assertTrue(lora.get("trainable").asLong() < frozen.get("trainable").asLong());
    assertTrue(lora.get("activation_bytes").asLong() > 0);

    JsonNode again = plan("again", FULL, "", "--checkpointing");
    assertTrue(
        again.get("activation_bytes").asLong() < full.get("activation_bytes").asLong() / 2,
        "segments keep their inputs alone");

    JsonNode pruned = plan("pruned", FULL, "vision: {token_budget: 0.5}");
    assertEquals(
        full.get("micro_batch_patches"),
        pruned.get("micro_batch_patches"),
        "the tower sees the patches of tokens that are left out, too");
  }

  @Test
  void demonstrationsBringPicturesOfTheirOwn() throws IOException {
    Path pool = Files.writeString(folder.resolve("pool.jsonl"), "");
    String shown =
        "custom: {teacher_student: {pool_jsonl: %s, teacher_ratio: %s, num_teacher_samples: 1}}";
    JsonNode alone = plan("alone", FULL, "");
    JsonNode never = plan("never", FULL, shown.formatted(pool, 0));
    assertEquals(alone.get("activation_bytes"), never.get("activation_bytes"));
    // 64 tokens of the sample's picture, and what is left of 100 tokens for that of the other.
    JsonNode some = plan("some", FULL, shown.formatted(pool, 0.5), "--supervised", "0");
    assertEquals(2 * 100 * 4, some.get("micro_batch_patches").asLong());
    assertEquals(2, some.get("pictures_per_sample").asInt());
  }

  @Test
  void theMicroBatchMayBeGiven() throws IOException {
    JsonNode one =
        plan("given", FULL, "", "--batch", "1", "--length", "80", "--picture-tokens", "20");
    JsonNode two =
        plan("given", FULL, "", "--batch", "2", "--length", "80", "--picture-tokens", "20");
    assertEquals(80, one.get("micro_batch_patches").asLong());
    assertTrue(two.get("activation_bytes").asLong() > one.get("activation_bytes").asLong());

    Said refused =
        Said.by("plan", "--model", MODEL.toString(), "--length", "10", "--picture-tokens", "11");
    assertEquals(2, refused.exit());
    assertTrue(refused.err().contains("--picture-tokens"), refused.err());
  }

  @Test
  void everythingStandsInTheTable() throws IOException {
    Said said = Said.by("plan", "--config", recipe("table", FULL, "").toString(), "--workers", "2");
    assertEquals(0, said.exit(), said.err());
    for (String part :
        List.of("2 x 100 tokens at once", "without gradient", "activations", "stage 3")) {
      assertTrue(said.out().contains(part), said.out());
    }
  }

  @Test
  void oneOfRecipeAndModelIsNeeded() {
    Said neither = Said.by("plan");
    assertEquals(2, neither.exit());
    assertTrue(neither.err().contains("--config"), neither.err());
    Said empty = Said.by("plan", "--model", folder.toString());
    assertEquals(1, empty.exit());
    assertTrue(empty.err().contains("config.json"), empty.err());
  }

  private JsonNode plan(String name, String tuner, String more, String... options)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("plan", "--json", "--config", recipe(name, tuner, more).toString()));
    arguments.addAll(List.of(options));
    Said said = Said.by(arguments.toArray(String[]::new));
    assertEquals(0, said.exit(), said.err());
    return said.json();
  }

  private Path recipe(String name, String tuner, String more) throws IOException {
    Path data = folder.resolve("train.jsonl");
    if (!Files.exists(data)) {
      Files.createFile(data);
    }
    return Files.writeString(
        folder.resolve(name + ".yaml"),
        """
        global_max_length: 100
        model: {model: %s}
        data: {train_jsonl: %s, template: target_summary}
        training: {run_name: plan, seed: 7, max_steps: 5, per_device_train_batch_size: 8, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 0.001}
        tuner: %s
        %s
        """
            .formatted(MODEL, data, tuner, more));
  }
}
