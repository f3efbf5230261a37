package io.lockstep.worker.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.Collective;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.ExpertModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.IsolatedDevice;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatches;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
  @CsvSource({
    "2, {zero_stage: 1}",
    "3, {zero_stage: 1; resilience: checkpoint}",
    "3, {zero_stage: 2; resilience: checkpoint}",
    "1, {zero_stage: 3}",
    "2, {zero_stage: 3}",
    "3, {zero_stage: 3}",
    "4, {zero_stage: 3}",
    "2, {zero_stage: 3; resilience: checkpoint}",
    "3, {zero_stage: 3; resilience: checkpoint}",
    "4, {zero_stage: 3; resilience: checkpoint}",
  })
  void everyStageOfZeroGivesTheSameBits(int world, String cluster) throws Exception {
    Trained alone = train(1, "{mode: full}").getFirst();
    List<Trained> all = train(world, config("{mode: full}", cluster.replace(';', ',')));
    assertArrayEquals(alone.parameters(), all.getFirst().parameters());
    for (Trained trained : all) {
      assertEquals(alone.commits(), trained.commits());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void everyStageGivesTheSameBitsWhereJavaReachesTensorsByCopiesAlone(int stage) throws Exception {
    Trained onHost = train(1, "{mode: full}").getFirst();
    try (IsolatedDevice device = IsolatedDevice.install()) {
      List<Trained> all = train(2, config("{mode: full}", "{zero_stage: " + stage + "}"));
      assertArrayEquals(onHost.parameters(), all.getFirst().parameters());
      assertEquals(onHost.sha256(), all.getFirst().sha256());
      for (Trained trained : all) {
        assertEquals(onHost.commits(), trained.commits());
      }
      assertTrue(device.bytesToHost() > 0 && device.bytesFromHost() > 0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{mode: lora, rank: 4, dropout: 0.2}",
        "{mode: lora, rank: 2, dora: true, dropout: 0.2, modules_to_save: [visual.merger]}",
        "{mode: full, freeze_vit: true}",
        "{mode: full, freeze_llm: true}"
      })
  void sharedOutWeightsOfEveryTuningAreTheSameBits(String tuning) throws Exception {
    Trained alone = train(1, tuning).getFirst();
    List<Trained> shared = train(3, config(tuning, "{zero_stage: 3}"));
    assertEquals(alone.sha256(), shared.getFirst().sha256());
    assertEquals(alone.commits(), shared.getLast().commits());
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

  @Test
  void expertsAreTrainedToTheSameBitsOnAnyNumberOfRanks() throws Exception {
    Path model = ExpertModel.withoutWeights(folder.resolve("experts"));
    Trained alone = train(1, config(model, "initialise", "{mode: full}", "{}")).getFirst();
    for (int world = 2; world <= 3; world++) {
      for (String cluster : List.of("{}", "{zero_stage: 3}")) {
        List<Trained> all = train(world, config(model, "initialise", "{mode: full}", cluster));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + cluster);
        assertEquals(alone.commits(), all.getLast().commits());
      }
    }
  }

  @Test
  void adaptersOnExpertsAreTrainedToTheSameBitsOnAnyNumberOfRanks() throws Exception {
    Path model = ExpertModel.withWeights(folder.resolve("experts"));
    String tuning =
        "{mode: lora, rank: 3, target_modules: [q_proj], modules_to_save: [mlp.gate],"
            + " target_parameters: [mlp.experts.gate_up_proj, mlp.experts.down_proj]}";
    Trained alone = train(1, config(model, "load", tuning, "{}")).getFirst();
    for (int world = 2; world <= 3; world++) {
      for (String cluster : List.of("{}", "{zero_stage: 2}", "{zero_stage: 3}")) {
        List<Trained> all = train(world, config(model, "load", tuning, cluster));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + cluster);
        assertEquals(alone.commits(), all.getLast().commits());
      }
    }
  }

  /** A second term that is divided by something else: ranks tell each other how much there is. */
  @Test
  void theRoutersLossIsTheSameBitsOnAnyNumberOfRanks() throws Exception {
    Path model = ExpertModel.withoutWeights(folder.resolve("experts"));
    String balanced = "{router_aux_loss_coef: 0.5, zero_stage: 2}";
    Trained alone = train(1, config(model, "initialise", "{mode: full}", balanced)).getFirst();
    Trained plain = train(1, config(model, "initialise", "{mode: full}", "{}")).getFirst();
    assertNotEquals(plain.sha256(), alone.sha256());
    for (Directive.Commit commit : alone.commits()) {
      assertEquals(2 * VIRTUAL_RANKS, commit.terms().size());
      double loss = 0;
      double balance = 0;
      long passes = 0;
      for (Session.TermSum term : commit.terms()) {
        loss += term.name().equals("cross_entropy") ? term.sum() / commit.tokens() : 0;
        balance += term.name().equals("router_aux") ? term.sum() : 0;
        passes += term.name().equals("router_aux") ? term.normaliser() : 0;
      }
      assertEquals(loss + 0.5 * balance / passes, commit.lossSum() / commit.tokens(), 1e-6);
    }
    for (int world = 2; world <= 3; world++) {
      for (String cluster : List.of(balanced, balanced.replace('2', '3'))) {
        List<Trained> all = train(world, config(model, "initialise", "{mode: full}", cluster));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + cluster);
        assertEquals(alone.commits(), all.getLast().commits());
      }
    }
  }

  /**
   * What a student learns of a teacher is the same, too, also while its own weights are shared out.
   */
  @Test
  void aTeachersDistributionsAreLearnedToTheSameBitsOnAnyNumberOfRanks() throws Exception {
    Path checkpoint = GoldenFamily.QWEN3_VL.checkpoint();
    String full =
        "{mode: full}\nrlhf: {rlhf_type: gkd, teacher_model: %s, beta: 0.1, sft_alpha: 0.5}"
            .formatted(checkpoint);
    Trained alone = train(1, config(checkpoint, "initialise", full, "{}")).getFirst();
    for (Directive.Commit commit : alone.commits()) {
      double loss = 0;
      for (Session.TermSum term : commit.terms()) {
        loss += term.sum() * (term.name().equals("sft_loss") ? 0.5 : 1);
      }
      assertEquals(loss, commit.lossSum(), 1e-6 * loss);
    }
    for (int world = 2; world <= 3; world++) {
      for (String cluster : List.of("{}", "{zero_stage: 3}")) {
        List<Trained> all = train(world, config(checkpoint, "initialise", full, cluster));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + cluster);
        assertEquals(alone.commits(), all.getLast().commits());
      }
    }
  }

  /** Two terms with counts of their own, some of which a rank has none of. */
  @Test
  void demonstrationsAndWhatFollowsThemAreLearnedToTheSameBitsOnAnyNumberOfRanks()
      throws Exception {
    Trained alone = train(1, config(taught(0.3), "{}")).getFirst();
    assertNotEquals(train(1, config(taught(0), "{}")).getFirst().sha256(), alone.sha256());
    for (Directive.Commit commit : alone.commits()) {
      double teacher = 0;
      double student = 0;
      long teachers = 0;
      long students = 0;
      for (Session.TermSum term : commit.terms()) {
        boolean ofTeacher = term.name().equals("teacher_lm_loss");
        teacher += ofTeacher ? term.sum() : 0;
        teachers += ofTeacher ? term.normaliser() : 0;
        student += ofTeacher ? 0 : term.sum();
        students += ofTeacher ? 0 : term.normaliser();
      }
      assertEquals(commit.tokens(), teachers + students);
      assertTrue(teachers > 0);
      assertEquals(
          0.3 * teacher / teachers + student / students, commit.lossSum() / commit.tokens(), 1e-6);
    }
    for (int world = 2; world <= 3; world++) {
      for (String cluster : List.of("{}", "{zero_stage: 2}", "{zero_stage: 3}")) {
        List<Trained> all = train(world, config(taught(0.3), cluster));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + cluster);
        assertEquals(alone.commits(), all.getLast().commits());
      }
    }
  }

  private static String taught(double teacherWeight) throws Exception {
    return "{mode: full}\ncustom: {teacher_student: {pool_jsonl: %s, teacher_ratio: 1, teacher_loss_weight: %s}}"
        .formatted(GoldenFamily.QWEN3_VL.file("cases.json"), teacherWeight);
  }

  /** The first half of the answer of every third sample is a teacher's. */
  private static Sample withTeacher(Sample sample, int index) {
    if (index % 3 != 0) {
      return sample;
    }
    byte[] marks = new byte[sample.tokens().length];
    int left = (int) Arrays.stream(sample.labels()).filter(l -> l != Sample.IGNORED).count() / 2;
    for (int i = 0; i < marks.length && left > 0; i++) {
      if (sample.labels()[i] != Sample.IGNORED) {
        marks[i] = Marks.of(Optional.empty(), true);
        left--;
      }
    }
    return new Sample(
        sample.name(), sample.tokens(), sample.labels(), sample.images(), sample.kept(), marks);
  }

  @Test
  void aTeacherThatIsItsStudentTeachesNothing() throws Exception {
    Path checkpoint = GoldenFamily.QWEN3_VL.checkpoint();
    for (String beta : List.of("0", "0.5", "1")) {
      String full =
          "{mode: full}\nrlhf: {rlhf_type: gkd, teacher_model: %s, beta: %s}"
              .formatted(checkpoint, beta);
      Trained alone = train(1, config(checkpoint, "load", full, "{}")).getFirst();
      Directive.Commit first = alone.commits().getFirst();
      assertEquals(0, first.lossSum() / first.tokens(), 1e-6);
      Session.TermSum logged =
          first.terms().stream()
              .filter(term -> term.name().equals("sft_loss"))
              .findFirst()
              .orElseThrow();
      assertTrue(logged.sum() / logged.normaliser() > 0.1, "it is logged with weight 0, too");
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Trained(List<Directive.Commit> commits, float[] parameters, String sha256) {}

  private List<Trained> train(int world, String tuning) throws Exception {
    return train(world, config(tuning, "{}"));
  }

  private List<Trained> train(int world, RunConfig config) throws Exception {
    WorldFigures figures = new WorldFigures(world, STEPS);
    return LocalRanks.run(world, ranks -> train(ranks, config, figures));
  }

  private Trained train(Collective ranks, RunConfig config, WorldFigures figures) throws Exception {
    List<Directive.Commit> commits = new ArrayList<>();
    try (TrainingRank rank =
        new TrainingRank(
            config,
            () -> TuningPlan.of(config).load(config),
            model -> microBatches(config, model),
            STEPS,
            ranks)) {
      for (int step = 0; step < STEPS; step++) {
        try (Scope scope = Scope.open()) {
          TrainingStep.Reduction reduction = rank.reduce(step);
          Directive.Commit commit = figures.commit(step, reduction);
          commits.add(commit);
          rank.apply(commit);
        }
      }
      Path stored = Files.createTempDirectory(folder, "stored");
      var _ = rank.model().save(stored);
      return new Trained(
          commits,
          Buffer.of(rank.model().parameters().flat()).toHost().floats().toArray(),
          LoadedModel.storedSha256(stored));
    }
  }

  private static MicroBatches microBatches(RunConfig config, LoadedModel model) throws IOException {
    List<Sample> samples = new ArrayList<>(GoldenFamily.QWEN3_VL.samples(model.encoder()));
    if (config.teacherStudent().isPresent()) {
      for (int i = 0; i < samples.size(); i++) {
        samples.set(i, withTeacher(samples.get(i), i));
      }
    }
    return new MicroBatches(
        new EpochPlan(samples.size(), config.seed(), samples.size(), VIRTUAL_RANKS),
        draw -> samples.get(Math.toIntExact(draw.sample())),
        model.collator(),
        config.training().globalMaxLength(),
        config.training().groupByLength());
  }

  private static RunConfig config(String tuning, String cluster) throws Exception {
    return config(GoldenFamily.QWEN3_VL.checkpoint(), "load", tuning, cluster);
  }

  /** A recipe; the weight of the routers' loss is told with the cluster. */
  private static RunConfig config(Path model, String weights, String tuning, String cluster)
      throws Exception {
    String balance = cluster.contains("router") ? "router_aux_loss_coef: 0.5" : "";
    return RunConfig.parse(
        """
        run: {seed: 5}
        model: {path: %s, weights: %s}
        data: {train_jsonl: %s, template: target_summary}
        training:
          max_steps: %d
          global_batch_size: 12
          gradient_checkpointing: %s
          virtual_ranks: %d
          global_max_length: 512
          bucket_floats: 65536
          %s
        optimizer: {learning_rate: 1.0e-3, weight_decay: 0.1, warmup_ratio: 0}
        tuning: %s
        cluster: %s
        """
            .formatted(
                model,
                weights,
                GoldenFamily.QWEN3_VL.file("cases.json"),
                STEPS,
                cluster.contains("3"),
                VIRTUAL_RANKS,
                balance,
                tuning,
                balance.isEmpty() ? cluster : cluster.replace(balance + ", ", "")),
        "test",
        Path.of("/"));
  }
}
