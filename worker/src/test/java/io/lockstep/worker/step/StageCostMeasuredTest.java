package io.lockstep.worker.step;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.collective.Collective;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatches;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.PassTable;
import io.lockstep.worker.zero.StageCost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What ranks send in a step and hold of the optimizer is what the formulas say. */
class StageCostMeasuredTest {

  private static final int VIRTUAL_RANKS = 4;
  private static final int BATCH = 12;
  private static final double TOLERANCE = 0.02;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 2, buddy",
    "1, 4, checkpoint",
    "2, 2, checkpoint",
    "2, 4, buddy",
    "3, 2, checkpoint",
    "3, 4, buddy",
    "3, 4, checkpoint"
  })
  void ranksSendAndHoldWhatTheFormulasSay(int stage, int world, String resilience)
      throws Exception {
    RunConfig config = config(stage, resilience);
    WorldFigures figures = new WorldFigures(world, 2);
    LocalRanks.run(world, ranks -> measure(ranks, config, figures, stage));
  }

  private static boolean measure(
      Collective ranks, RunConfig config, WorldFigures figures, int stage) throws Exception {
    try (TrainingRank rank =
        new TrainingRank(
            config,
            () -> LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint()),
            StageCostMeasuredTest::microBatches,
            2,
            ranks)) {
      step(rank, figures, 0);
      long before = ranks.sentBytes();
      step(rank, figures, 1);
      long sent = ranks.sentBytes() - before;
      StageCost planned = planned(ranks, config, rank.model(), stage);
      assertEquals((double) planned.sentBytes(), (double) sent, TOLERANCE * planned.sentBytes());
      assertEquals(planned.optimizerBytes(), rank.optimizerBytes());
      return true;
    }
  }

  private static void step(TrainingRank rank, WorldFigures figures, int step) throws Exception {
    try (Scope scope = Scope.open()) {
      TrainingStep.Reduction reduction = rank.reduce(step);
      rank.apply(figures.commit(step, reduction), false);
    }
  }

  private static StageCost planned(Collective ranks, RunConfig config, LoadedModel model, int stage)
      throws Exception {
    GradientStep gradients =
        new GradientStep(
            model.config(), model.trainable(), config.seed(), true, Objective.CROSS_ENTROPY);
    MicroBatches microBatches = microBatches(model);
    List<List<Boolean>> passes = new ArrayList<>();
    for (int rank = 0; rank < ranks.size(); rank++) {
      List<Boolean> own = new ArrayList<>();
      RankSpan span = RankSpan.of(VIRTUAL_RANKS, rank, ranks.size());
      for (int virtualRank = span.first(); virtualRank < span.end(); virtualRank++) {
        own.addAll(gradients.passes(microBatches.make(1, virtualRank)));
      }
      passes.add(own);
    }
    StageCost.Subject subject =
        new StageCost.Subject(
            0,
            gradients.segments(),
            model.trainable().trained().layout(),
            new Buckets(
                model.trainable().trained().layout().size(), config.cluster().bucketFloats()),
            VIRTUAL_RANKS,
            config.batches().samplesPerVirtualRank(),
            config.cluster().replicates());
    return StageCost.of(subject, stage, ranks.rank(), new PassTable(passes));
  }

  private static MicroBatches microBatches(LoadedModel model) throws IOException {
    List<Sample> samples = GoldenFamily.QWEN3_VL.samples(model.encoder());
    return new MicroBatches(
        new EpochPlan(samples.size(), 5, BATCH, VIRTUAL_RANKS),
        draw -> samples.get(Math.toIntExact(draw.sample())),
        model.collator(),
        512,
        true);
  }

  private static RunConfig config(int stage, String resilience) throws Exception {
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %1$s}
        data: {train_jsonl: %2$s, template: target_summary}
        training: {seed: 5, max_steps: 2, per_device_train_batch_size: %3$d, gradient_accumulation_steps: 1, gradient_checkpointing: true, logging_steps: 1, learning_rate: 1.0e-3}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        deepspeed: {config: zero%5$d}
        cluster: {virtual_ranks: %4$d, bucket_floats: 1024, resilience: %6$s}
        """
            .formatted(
                GoldenFamily.QWEN3_VL.checkpoint(),
                GoldenFamily.QWEN3_VL.file("cases.json"),
                BATCH,
                VIRTUAL_RANKS,
                stage,
                resilience),
        "test",
        Path.of("/"));
  }
}
