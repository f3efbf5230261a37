package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recipe in {@code configs/recipes} is valid where its comments say that its data lie. */
class ShippedRecipesTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** What other recipes extend. */
  private static final String COMMON = "common.yaml";

  /** Folders of drawn data that recipes name. */
  private static final List<String> DATA =
      List.of("lora-data", "other-data", "pool", "base-data", "base-counting-data");

  @TempDir private static Path folder = Path.of("");

  @BeforeAll
  static void prepare() throws Exception {
    Path recipes = Files.createDirectories(folder.resolve("configs/recipes"));
    for (Path recipe : recipes()) {
      Files.copy(recipe, recipes.resolve(recipe.getFileName()));
    }
    Files.copy(ROOT.resolve("configs/recipes").resolve(COMMON), recipes.resolve(COMMON));
    Files.copy(ROOT.resolve("configs/augment.yaml"), folder.resolve("configs/augment.yaml"));
    Files.createSymbolicLink(folder.resolve("base-model"), ROOT.resolve("base-model"));
    Path runs = Files.createDirectory(folder.resolve("runs"));
    Path data = runs.resolve("data");
    Said drawn =
        Said.by("data", "sample", "--out", data.toString(), "--count", "48", "--seed", "7");
    assertEquals(0, drawn.exit(), drawn.err());
    for (String name : DATA) {
      Files.createSymbolicLink(runs.resolve(name), data);
    }
    Files.createSymbolicLink(
        Files.createDirectory(runs.resolve("quickstart")).resolve("data"), data);
    Path base = Files.createDirectories(runs.resolve("base/checkpoints"));
    Files.createSymbolicLink(base.resolve("step-00004500"), ROOT.resolve("base-model"));
    firstStage(recipes, runs);
  }

  /** The adapter that the first of two stages begins with. */
  private static void firstStage(Path recipes, Path runs) throws Exception {
    Torch.start(1);
    RunConfig run = RunConfig.read(recipes.resolve("stage-1-aligner.yaml"));
    Path checkpoint = Files.createDirectories(runs.resolve("stage-1/checkpoints/step-00000100"));
    try (LoadedModel model = TuningPlan.of(run).load(run)) {
      model.save(checkpoint);
    }
  }

  static List<Path> recipes() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("configs/recipes"))) {
      return files.filter(file -> !file.endsWith(COMMON)).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void itIsValid(Path recipe) {
    Path copy = folder.resolve("configs/recipes").resolve(recipe.getFileName());
    Said said = Said.by("validate", "--config", copy.toString());
    assertEquals(0, said.exit(), said.err());
  }

  @Test
  void theSecondStageGoesOnWithTheFirstOnesLayersAndAddsTheLanguageModels() throws Exception {
    Path recipes = folder.resolve("configs/recipes");
    TuningPlan first = TuningPlan.of(RunConfig.read(recipes.resolve("stage-1-aligner.yaml")));
    TuningPlan second = TuningPlan.of(RunConfig.read(recipes.resolve("stage-2-llm-aligner.yaml")));
    var before = first.adapter().orElseThrow().layers();
    var after = second.adapter().orElseThrow().layers();
    assertTrue(after.containsAll(before), "all layers of the first stage");
    assertTrue(
        after.stream().anyMatch(layer -> layer.name().contains("language_model")),
        "and the language model's");
    assertEquals(
        0,
        first.adapter().orElseThrow().layers().stream()
            .filter(layer -> layer.name().contains("language_model"))
            .count());
  }
}
