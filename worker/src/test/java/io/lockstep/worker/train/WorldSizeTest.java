package io.lockstep.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.lockstep.collective.Collective;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.TensorMemory;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.train.Session.BucketFigures;
import io.lockstep.worker.train.Session.Contribution;
import io.lockstep.worker.tuning.TuningPlan;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Phaser;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures and text, forward, backward, reduction and update: equal bits on 1 to 4 ranks. */
class WorldSizeTest {

  private static final int STEPS = 2;
  private static final int VIRTUAL_RANKS = 4;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @TempDir Path folder;

  @Test
  void parametersAndFiguresAreTheSameBitsOnAnyNumberOfRanks() throws Exception {
    Trained alone = train(1, "{mode: full}").getFirst();
    for (int world = 2; world <= 4; world++) {
      for (Trained trained : train(world, "{mode: full}")) {
        assertEquals(alone.commits(), trained.commits());
        assertArrayEquals(alone.parameters(), trained.parameters(), "world of " + world);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{mode: lora, rank: 4, dropout: 0.2}",
        "{mode: lora, rank: 2, dora: true, dropout: 0.2, modules_to_save: [visual.merger]}",
        "{mode: full, freeze_vit: true}"
      })
  void whatIsStoredHasTheSameDigestWithOneAndTwoRanks(String tuning) throws Exception {
    Trained alone = train(1, tuning).getFirst();
    for (Trained trained : train(2, tuning)) {
      assertEquals(alone.commits(), trained.commits());
      assertEquals(alone.sha256(), trained.sha256());
    }
    assertNotEquals(LoadedModel.storedSha256(GoldenFamily.QWEN3_VL.checkpoint()), alone.sha256());
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Trained(List<Directive.Commit> commits, float[] parameters, String sha256) {}

  /** What the ranks of a world have told of a step; everybody waits until all have. */
  private static final class Figures {
    private final Phaser everybody;
    private final List<List<Contribution>> contributions = slots();
    private final List<List<BucketFigures>> buckets = slots();

    Figures(int world) {
      everybody = new Phaser(world);
    }

    private static <T> List<List<T>> slots() {
      return IntStream.range(0, STEPS)
          .mapToObj(step -> Collections.synchronizedList(new ArrayList<T>()))
          .toList();
    }

    Directive.Commit commit(int step, Generation.Reduction reduction) {
      contributions.get(step).addAll(reduction.contributions());
      buckets.get(step).addAll(reduction.figures());
      everybody.arriveAndAwaitAdvance();
      List<Contribution> parts =
          contributions.get(step).stream()
              .sorted(Comparator.comparingInt(Contribution::virtualRank))
              .toList();
      List<BucketFigures> figures =
          buckets.get(step).stream()
              .sorted(Comparator.comparingInt(BucketFigures::bucket))
              .toList();
      long tokens = parts.stream().mapToLong(Contribution::tokens).sum();
      double loss = 0;
      for (Contribution part : parts) {
        loss += part.lossSum();
      }
      double squares = 0;
      for (BucketFigures figure : figures) {
        squares += figure.squareSum();
      }
      return new Directive.Commit(
          1, step, tokens, loss, 0, Math.sqrt(squares) / tokens, figures.hashCode());
    }
  }

  private List<Trained> train(int world, String tuning) throws Exception {
    Figures figures = new Figures(world);
    return LocalRanks.run(world, ranks -> train(ranks, config(tuning), figures));
  }

  private Trained train(Collective ranks, RunConfig config, Figures figures) throws Exception {
    List<Directive.Commit> commits = new ArrayList<>();
    try (LoadedModel model = TuningPlan.of(config).load(config);
        Generation generation = generation(config, model, ranks)) {
      for (int step = 0; step < STEPS; step++) {
        try (Scope scope = Scope.open()) {
          Generation.Reduction reduction = generation.reduce(step);
          Directive.Commit commit = figures.commit(step, reduction);
          commits.add(commit);
          generation.apply(reduction, commit);
        }
      }
      Path stored = Files.createTempDirectory(folder, "stored");
      var _ = model.save(stored);
      return new Trained(
          commits,
          TensorMemory.of(model.parameters().flat()).toArray(ValueLayout.JAVA_FLOAT),
          LoadedModel.storedSha256(stored));
    }
  }

  private static Generation generation(RunConfig config, LoadedModel model, Collective ranks)
      throws Exception {
    List<Sample> samples = GoldenFamily.QWEN3_VL.samples(model.encoder());
    MicroBatches microBatches =
        new MicroBatches(
            new EpochPlan(samples.size(), config.seed(), samples.size(), VIRTUAL_RANKS),
            draw -> samples.get(Math.toIntExact(draw.sample())),
            model.collator(),
            config.training().globalMaxLength(),
            config.training().groupByLength());
    List<Directive.Member> members =
        Collections.nCopies(ranks.size(), new Directive.Member("w", "127.0.0.1:1", ""));
    return new Generation(
        new Directive.World(1, ranks.rank(), members, 0, ""),
        config,
        model.tuned().trained(),
        new GradientStep(model.config(), model.tuned(), config.seed()),
        microBatches,
        STEPS,
        ranks);
  }

  private static RunConfig config(String tuning) throws Exception {
    return RunConfig.parse(
        """
        run: {seed: 5}
        model: {path: %s}
        data: {train_jsonl: %s, template: target_summary}
        training:
          max_steps: %d
          global_batch_size: 4
          virtual_ranks: %d
          global_max_length: 512
          bucket_floats: 65536
        optimizer: {learning_rate: 1.0e-3, weight_decay: 0.1, warmup_ratio: 0}
        tuning: %s
        """
            .formatted(
                GoldenFamily.QWEN3_VL.checkpoint(),
                GoldenFamily.QWEN3_VL.file("cases.json"),
                STEPS,
                VIRTUAL_RANKS,
                tuning),
        "test",
        Path.of("/"));
  }
}
