package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.train.StoredRun;
import io.lockstep.config.ConfigListing;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.worker.config.RecipeFile;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that are given a recipe in several files. */
class ExtendedRecipeTest {

  private static final Path MODEL = GoldenFamily.QWEN3_VL.checkpoint();

  @TempDir private Path folder = Path.of("");
  private Path base = Path.of("");
  private Path child = Path.of("");
  private Path lowest = Path.of("");

  @BeforeEach
  void write() throws IOException {
    Path shared = Files.createDirectory(folder.resolve("shared"));
    Files.writeString(shared.resolve("train.jsonl"), "{}\n");
    base =
        Files.writeString(
            shared.resolve("base.yaml"),
            """
            model: {model: %s}
            data:
              train_jsonl: train.jsonl
              template: target_summary
            augmentation: {ops: [{name: hflip, params: {prob: 0.5}}], bypass_prob: 0.25}
            training: {max_steps: 5, per_device_train_batch_size: 4, gradient_accumulation_steps: 1}
            """
                .formatted(MODEL));
    child =
        Files.writeString(
            folder.resolve("child.yaml"),
            """
            extends: shared/base.yaml
            custom: {augmentation: {bypass_prob: 0.5}}
            training: {seed: 7, max_steps: 10, logging_steps: 1, learning_rate: 1.0e-3}
            tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
            """);
    lowest =
        Files.writeString(
            folder.resolve("lowest.yaml"),
            "global_max_length: 512\ntraining: {max_steps: 1, seed: 1, run_name: low}\n");
  }

  private RunConfig read() throws Exception {
    return new RecipeFile(child, Optional.of(lowest)).read();
  }

  private Said with(String command) {
    return Said.by(command, "--config", child.toString(), "--base_config", lowest.toString());
  }

  @Test
  void whatARunKeepsIsThatOfTheRecipeInOneFile() throws Exception {
    Path flat =
        Files.writeString(
            folder.resolve("flat.yaml"),
            """
            global_max_length: 512
            model: {model: %s}
            data:
              train_jsonl: shared/train.jsonl
              template: target_summary
            custom:
              augmentation: {bypass_prob: 0.5, ops: [{name: hflip, params: {prob: 0.5}}]}
            training: {seed: 7, run_name: low, max_steps: 10, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 0.001}
            tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
            """
                .formatted(MODEL));
    String kept = StoredRun.withInputs(read()).toYaml();
    assertEquals(StoredRun.withInputs(RunConfig.read(flat)).toYaml(), kept);
    assertFalse(kept.contains("extends"), kept);
    Files.delete(base);
    Files.delete(lowest);
    assertEquals(kept, RunConfig.parseStored(kept, "run.yaml").toYaml());
  }

  @Test
  void planAndValidateReadTheFilesTogether() throws IOException {
    Said planned =
        Said.by("plan", "--config", child.toString(), "--base_config", lowest.toString(), "--json");
    assertEquals(0, planned.exit(), planned.err());
    assertTrue(planned.json().get("parameters").asLong() > 0);
    Said stranger =
        Said.by("plan", "--model", MODEL.toString(), "--base_config", lowest.toString());
    assertEquals(2, stranger.exit());
    assertTrue(stranger.err().contains("--base_config needs --config"), stranger.err());

    Said without = Said.by("validate", "--config", child.toString());
    assertEquals(1, without.exit());
    assertEquals(
        "error: " + child + ": global_max_length is missing: it must be a whole number",
        without.err().strip());
    Files.writeString(lowest, "training: {run_name: low}\nglobal_max_length: long\n");
    Files.writeString(base, Files.readString(base).replace("train.jsonl", "gone.jsonl"));
    assertEquals(
        List.of(
            "error: " + lowest + ":2: global_max_length must be a whole number, not \"long\"",
            "error: %s:3: data.train_jsonl names %s, which does not exist"
                .formatted(base, folder.resolve("shared/gone.jsonl"))),
        with("validate").err().lines().toList());
    Files.delete(base);
    assertEquals(
        "error: %s:1: extends names %s, which does not exist".formatted(child, base),
        with("validate").err().strip());
  }

  @Test
  void trainAndTheCoordinatorAskForTheSame() {
    for (String[] command :
        List.of(new String[] {"train"}, new String[] {"coordinator", "start"})) {
      List<String> arguments = new ArrayList<>(List.of(command));
      arguments.addAll(
          List.of("--config", child.toString(), "--base_config", "none.yaml", "--workers", "1"));
      arguments.addAll(List.of("--out", folder.resolve("run").toString()));
      Said said = Said.by(arguments.toArray(String[]::new));
      assertEquals(1, said.exit());
      assertEquals(
          "error: --base_config: names none.yaml, which does not exist", said.err().strip());
    }
  }

  @Test
  void showPrintsARecipeWithTheFileOfEachValue() throws Exception {
    Said shown =
        Said.by("config", "show", "--config", child.toString(), "--base_config", lowest.toString());
    assertEquals(0, shown.exit(), shown.err());
    for (String line :
        List.of(
            "  max_steps: 10  # " + child + ":3",
            "global_max_length: 512  # " + lowest + ":1",
            "  per_device_train_batch_size: 4  # " + base + ":6",
            "    bypass_prob: 0.5  # " + child + ":2",
            "        prob: 0.5  # " + base + ":5",
            "  train_jsonl: \"" + folder.resolve("shared/train.jsonl") + "\"  # " + base + ":3")) {
      assertTrue(shown.out().lines().anyMatch(line::equals), line + " is not in\n" + shown.out());
    }
    assertEquals(read(), RunConfig.parse(shown.out(), "shown", Path.of("/")));

    Files.writeString(child, Files.readString(child).replace("seed: 7", "seed: x"));
    Said faulty =
        Said.by("config", "show", "--config", child.toString(), "--base_config", lowest.toString());
    assertEquals(1, faulty.exit());
    assertTrue(faulty.out().contains("  seed: \"x\"  # " + child + ":3"), faulty.out());
    assertTrue(faulty.err().startsWith("error: " + child + ":3: training.seed"), faulty.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "base-counting", "lora", "quickstart"})
  void shippedRecipesLackNothingButWhatIsMadeLater(String name) throws Exception {
    Path recipe = Path.of("..", "configs", "recipes", name + ".yaml");
    ConfigListing listing = new RecipeFile(recipe).list();
    listing
        .problems()
        .forEach(problem ->
            assertTrue(problem.what().endsWith("which does not exist"), problem::toString));
    assertTrue(listing.text().contains("template: \"target_summary\""), listing.text());
  }

  @Test
  void anAugmentationMayBeInherited() throws IOException {
    Said said =
        Said.by(
            "data",
            "augment",
            "--data",
            folder.resolve("shared/train.jsonl").toString(),
            "--config",
            lowest.toString(),
            "--base_config",
            base.toString(),
            "--seed",
            "1",
            "--out",
            folder.resolve("augmented").toString());
    // The augmentation is found; the record is none.
    assertTrue(said.err().contains("train.jsonl:1"), said.err());
  }

  @Test
  void theSchemaAsksForNothingOfWhatExtendsOthers() throws IOException {
    JsonNode schema = new ObjectMapper().readTree(Said.by("config", "schema").out());
    assertTrue(schema.path("required").isMissingNode());
    assertTrue(schema.at("/properties/training/required").isMissingNode());
    assertEquals("extends", schema.at("/if/required/0").asText());
    assertEquals("model", schema.at("/else/properties/model/required/0").asText());
  }
}
