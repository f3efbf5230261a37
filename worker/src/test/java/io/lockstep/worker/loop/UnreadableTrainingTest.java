package io.lockstep.worker.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatches;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.preflight.ProbeChoice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on files in which a line is no JSON, a picture is damaged and another is gone. */
class UnreadableTrainingTest {

  private static final int STEPS = 7;

  @TempDir Path folder;
  private Path data = Path.of("");

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @BeforeEach
  void damage() throws Exception {
    data =
        ShortTraining.pictures(
            folder, new Geometry.Box(4, 4, 24, 20), new Geometry.Box(30, 30, 60, 50));
    List<String> lines = Files.readAllLines(data);
    lines.set(0, lines.get(0).substring(20));
    Files.write(data, lines);
    byte[] png = Files.readAllBytes(folder.resolve("2.png"));
    Files.write(folder.resolve("2.png"), Arrays.copyOf(png, png.length / 2));
    Files.delete(folder.resolve("4.png"));
  }

  @Test
  void weightsAreTheSameBitsOnOneAndTwoWorkers() throws Exception {
    for (String sourceMode : List.of("self", "bank")) {
      float[] alone =
          ShortTraining.weights(1, config("one-" + sourceMode, sourceMode), STEPS).getFirst();
      for (float[] weights :
          ShortTraining.weights(2, config("two-" + sourceMode, sourceMode), STEPS)) {
        assertArrayEquals(alone, weights, "on two workers, " + sourceMode);
      }
    }
  }

  @Test
  void everyUnreadableRecordIsNamedWithItsPlace() throws Exception {
    TreeSet<String> named = new TreeSet<>();
    RunConfig config = config("named", "self");
    try (RunData run = new RunData(config);
        LoadedModel model = LoadedModel.open(config.model().model())) {
      MicroBatches batches = run.microBatches(model);
      for (int step = 0; step < STEPS; step++) {
        for (int rank = 0; rank < config.batches().virtualRanks(); rank++) {
          batches.make(step, rank).unreadable().forEach(each -> named.add(each.what()));
        }
      }
      assertEquals(3, named.size(), named::toString);
      for (String place : List.of(":1: is not valid JSON", ":3: Picture", ":5: Picture")) {
        assertTrue(named.stream().anyMatch(each -> each.contains(data + place)), named::toString);
      }
      assertEquals(1, ProbeChoice.of(run, model).size(), "records of certificates");
    }
  }

  @Test
  void aFileThatChangesUnderARunIsNoFaultOfARecord() throws Exception {
    RunConfig config = config("changed", "self");
    try (RunData run = new RunData(config);
        LoadedModel model = LoadedModel.open(config.model().model())) {
      MicroBatches batches = run.microBatches(model);
      Files.writeString(data, "{}\n", StandardOpenOption.APPEND);
      SampleException error = assertThrows(SampleException.class, () -> batches.make(0, 0));
      String message = String.valueOf(error.getMessage());
      assertTrue(message.contains("the file has changed since it was opened"), message);
    }
  }

  private RunConfig config(String run, String sourceMode) throws Exception {
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %2$s}
        data: {train_jsonl: %3$s, template: target_dense, max_unreadable: 3}
        training: {seed: 5, output_dir: %1$s, max_steps: %4$d, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3, warmup_ratio: 0}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        cluster: {virtual_ranks: 2}
        augmentation:
          ops:
            - {name: small_object_zoom_paste, params: {source_mode: %5$s, scale: 1, overlap_threshold: 0.5}}
        """
            .formatted(run, GoldenFamily.QWEN3_VL.checkpoint(), data, STEPS, sourceMode),
        "test",
        folder);
  }
}
