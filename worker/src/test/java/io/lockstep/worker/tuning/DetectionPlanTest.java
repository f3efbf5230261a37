package io.lockstep.worker.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loop.ShortTraining;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code detection_enabled}, the data and the model must agree, both ways. */
class DetectionPlanTest {

  private static final String ENABLED = "custom: {detection_enabled: true}";

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  private RunConfig config(Path model, Path data, String custom) throws Exception {
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %s}
        data: {train_jsonl: %s, template: target_dense}
        training: {seed: 5, max_steps: 3, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        cluster: {virtual_ranks: 2}
        %s
        """
            .formatted(model, data, custom),
        "test",
        folder);
  }

  private Path objects() throws Exception {
    return ShortTraining.pictures(
        folder, new Geometry.Box(5, 5, 30, 30), new Geometry.Box(40, 30, 60, 60));
  }

  private String refusal(Path model, Path data, String custom) throws Exception {
    RunConfig config = config(model, data, custom);
    return String.valueOf(
        assertThrows(InvalidConfigException.class, () -> TuningPlan.of(config)).getMessage());
  }

  private String badRecipe(String custom) {
    return String.valueOf(
        assertThrows(
                ConfigException.class,
                () -> config(GoldenFamily.QWEN3_VL.checkpoint(), objects(), custom))
            .getMessage());
  }

  @Test
  void captionsAreThoseOfTheData() throws Exception {
    TuningPlan plan = TuningPlan.of(config(GoldenFamily.QWEN3_VL.checkpoint(), objects(), ENABLED));
    assertEquals(List.of("a", "b"), plan.model().detection().orElseThrow().captions());
    assertTrue(plan.table().lines().stream().anyMatch(line -> line.startsWith("detection: ")));
  }

  @Test
  void trueNeedsObjects() throws Exception {
    Path empty = folder.resolve("empty.jsonl");
    String lines = Files.readString(objects()).replaceAll("\"objects\": .*", "\"objects\": []}");
    Files.writeString(empty, lines);
    String refused = refusal(GoldenFamily.QWEN3_VL.checkpoint(), empty, ENABLED);
    assertTrue(refused.contains("custom.detection_enabled is true, but no record"), refused);
  }

  @Test
  void falseWithASectionIsRefused() {
    String refused = badRecipe("custom: {detection: {num_queries: 5}}");
    assertTrue(refused.contains("custom.detection_enabled is false"), refused);
  }

  @Test
  void anAdapterIsRefused() throws Exception {
    String lora =
        config(GoldenFamily.QWEN3_VL.checkpoint(), objects(), ENABLED)
            .toYaml()
            .replaceFirst("train_type: \"?full\"?", "train_type: lora");
    String refused =
        String.valueOf(
            assertThrows(ConfigException.class, () -> RunConfig.parse(lora, "test", folder))
                .getMessage());
    assertTrue(refused.contains("custom.detection_enabled"), refused);
    assertTrue(refused.contains("freeze_llm"), refused);
  }

  @Test
  void moreObjectsThanQueriesAreNamed() throws Exception {
    String refused =
        refusal(
            GoldenFamily.QWEN3_VL.checkpoint(),
            objects(),
            "custom: {detection_enabled: true, detection: {num_queries: 1}}");
    assertTrue(refused.contains("pictures.jsonl:1 has 2 objects"), refused);
  }

  @Test
  void lossesThatTeachNothingAreRefused() {
    String none =
        badRecipe(
            "custom: {detection_enabled: true, detection: {box_loss_weight: 0, giou_loss_weight: 0}}");
    assertTrue(none.contains("no box would be learned"), none);
    String heads = badRecipe("custom: {detection_enabled: true, detection: {width: 30}}");
    assertTrue(heads.contains("custom.detection.width"), heads);
  }

  @Test
  void aModelThatHasAHeadGoesOnWithIt() throws Exception {
    RunConfig first = config(GoldenFamily.QWEN3_VL.checkpoint(), objects(), ENABLED);
    Path checkpoint = Files.createDirectory(folder.resolve("checkpoint"));
    try (LoadedModel model = TuningPlan.of(first).load(first)) {
      model.save(checkpoint);
    }
    RunConfig second = config(checkpoint, objects(), ENABLED);
    try (LoadedModel model = TuningPlan.of(second).load(second)) {
      Path again = Files.createDirectory(folder.resolve("again"));
      model.save(again);
      assertEquals(LoadedModel.storedSha256(checkpoint), LoadedModel.storedSha256(again));
    }
    String off = refusal(checkpoint, objects(), "");
    assertTrue(off.contains("custom.detection_enabled is false"), off);
    String sizes =
        refusal(
            checkpoint,
            objects(),
            "custom: {detection_enabled: true, detection: {num_queries: 21}}");
    assertTrue(sizes.contains("20 queries"), sizes);
    Path other = folder.resolve("other.jsonl");
    Files.writeString(other, Files.readString(objects()).replace("\"a\"", "\"c\""));
    String captions = refusal(checkpoint, other, ENABLED);
    assertTrue(captions.contains("'c'"), captions);
  }
}
