package io.lockstep.worker.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.Collective;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.image.RgbImage;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.tuning.TuningPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Steps whose figures are not finite: a model whose mergers overflow, a record with a picture among
 * records without.
 */
class NonFiniteStepsTest {

  private static final int STEPS = 4;

  @TempDir private Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Trained(
      List<Directive.Commit> commits, List<List<String>> notFinite, List<float[]> weights) {}

  @Test
  void aSkippedStepChangesNothingAndNamesItsSamplesOnAnyNumberOfRanksAndStageOfZero()
      throws Exception {
    Trained alone = train(1, "zero1").getFirst();
    List<Directive.Commit> skipped =
        alone.commits().stream().filter(Directive.Commit::skipped).toList();
    assertFalse(skipped.isEmpty(), "each epoch of three steps has the picture");
    assertTrue(skipped.size() < STEPS, "most of an epoch's steps don't");
    long updates = 0;
    float[] before = alone.weights().getFirst();
    for (int step = 0; step < STEPS; step++) {
      Directive.Commit commit = alone.commits().get(step);
      float[] after = alone.weights().get(step + 1);
      if (commit.skipped()) {
        assertArrayEquals(before, after);
        assertEquals(1, alone.notFinite().get(step).size());
        String name = alone.notFinite().get(step).getFirst();
        assertTrue(name.contains("train.jsonl:12"), name);
      } else {
        assertFalse(java.util.Arrays.equals(before, after), "step " + step + " updates nothing");
        assertEquals(++updates, commit.update());
        assertEquals(List.of(), alone.notFinite().get(step));
      }
      before = after;
    }
    for (int world = 1; world <= 3; world++) {
      for (String stage : List.of("zero1", "zero2", "zero3")) {
        Trained other = train(world, stage).getFirst();
        assertEquals(alone.commits(), other.commits(), world + " ranks, " + stage);
        assertEquals(alone.notFinite(), other.notFinite());
        assertArrayEquals(alone.weights().getLast(), other.weights().getLast());
      }
    }
  }

  private List<Trained> train(int world, String stage) throws Exception {
    RunConfig config = config(stage);
    WorldFigures figures = new WorldFigures(world, STEPS);
    return LocalRanks.run(world, ranks -> train(ranks, config, figures));
  }

  private static Trained train(Collective ranks, RunConfig config, WorldFigures figures)
      throws Exception {
    List<Directive.Commit> commits = new ArrayList<>();
    List<List<String>> notFinite = new ArrayList<>();
    List<float[]> weights = new ArrayList<>();
    try (RunData data = new RunData(config);
        TrainingRank rank =
            new TrainingRank(config, () -> overflowing(config), data::microBatches, STEPS, ranks)) {
      weights.add(weights(rank));
      for (int step = 0; step < STEPS; step++) {
        try (Scope scope = Scope.open()) {
          Directive.Commit commit = figures.commit(step, rank.reduce(step));
          commits.add(commit);
          notFinite.add(figures.notFinite(step));
          rank.apply(commit);
          weights.add(weights(rank));
        }
      }
    }
    return new Trained(commits, notFinite, weights);
  }

  private static float[] weights(TrainingRank rank) {
    return Buffer.of(rank.model().parameters().flat()).toHost().floats().toArray();
  }

  /** The model with a merger whose output is infinite. */
  private static LoadedModel overflowing(RunConfig config) throws java.io.IOException {
    LoadedModel model = TuningPlan.of(config).load(config);
    ParameterLayout.Slot bias =
        model.parameters().layout().slots().stream()
            .filter(slot -> slot.spec().name().endsWith("visual.merger.linear_fc2.bias"))
            .findFirst()
            .orElseThrow();
    var values =
        Buffer.of(model.parameters().flat()).slice(bias.offset(), bias.spec().elements()).floats();
    values.set(0, Float.POSITIVE_INFINITY);
    return model;
  }

  private RunConfig config(String stage) throws Exception {
    StringBuilder records = new StringBuilder();
    for (int i = 0; i < 11; i++) {
      records.append(
          """
          {"messages": [{"role": "user", "content": "number %1$d?"}, {"role": "assistant", "content": "the answer %1$d"}]}
          """
              .formatted(i));
    }
    records.append(
        """
        {"messages": [{"role": "user", "content": [{"type": "image", "image": "0.png"}, {"type": "text", "text": "what?"}]}, {"role": "assistant", "content": "a picture"}]}
        """);
    Files.writeString(folder.resolve("train.jsonl"), records);
    PngFile.write(new RgbImage(64, 64, new byte[64 * 64 * 3]), folder.resolve("0.png"));
    return RunConfig.parse(
        """
        global_max_length: 256
        model: {model: %s}
        data: {train_jsonl: train.jsonl, template: chatml}
        training:
          seed: 5
          max_steps: %d
          per_device_train_batch_size: 1
          gradient_accumulation_steps: 4
          learning_rate: 1.0e-3
          weight_decay: 0
          max_nonfinite_steps: 1
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        deepspeed: {config: %s}
        cluster: {virtual_ranks: 4, bucket_floats: 65536}
        """
            .formatted(GoldenFamily.QWEN3_VL.checkpoint(), STEPS, stage),
        "test",
        folder);
  }
}
