package io.lockstep.worker.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.Collective;
import io.lockstep.collective.nccl.standin.StandIn;
import io.lockstep.collective.testing.Transport;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
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

  private static final String FULL = "{train_type: full, freeze_vit: false, freeze_aligner: false}";

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @TempDir Path folder;

  @Test
  void parametersAndFiguresAreTheSameBitsOnAnyNumberOfRanks() throws Exception {
    Trained alone = train(1, FULL).getFirst();
    for (int world = 2; world <= 4; world++) {
      for (Trained trained : train(world, FULL)) {
        assertEquals(alone.commits(), trained.commits());
        assertArrayEquals(alone.parameters(), trained.parameters(), "world of " + world);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2, zero1, buddy",
    "3, zero1, checkpoint",
    "3, zero2, checkpoint",
    "1, zero3, buddy",
    "2, zero3, buddy",
    "3, zero3, buddy",
    "4, zero3, buddy",
    "2, zero3, checkpoint",
    "3, zero3, checkpoint",
    "4, zero3, checkpoint",
  })
  void everyStageOfZeroGivesTheSameBits(int world, String stage, String resilience)
      throws Exception {
    Trained alone = train(1, FULL).getFirst();
    RunConfig config =
        config(GoldenFamily.QWEN3_VL.checkpoint(), "load", FULL, stage, resilience, 0);
    List<Trained> all = train(world, config);
    assertArrayEquals(alone.parameters(), all.getFirst().parameters());
    for (Trained trained : all) {
      assertEquals(alone.commits(), trained.commits());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void everyStageGivesTheSameBitsWhereJavaReachesTensorsByCopiesAlone(int stage) throws Exception {
    Trained onHost = train(1, FULL).getFirst();
    try (IsolatedDevice device = IsolatedDevice.install()) {
      List<Trained> all = train(2, config(FULL, "zero" + stage));
      assertArrayEquals(onHost.parameters(), all.getFirst().parameters());
      assertEquals(onHost.sha256(), all.getFirst().sha256());
      for (Trained trained : all) {
        assertEquals(onHost.commits(), trained.commits());
      }
      assertTrue(device.bytesToHost() > 0 && device.bytesFromHost() > 0);
    }
  }

  /** Gradients and weights go from device to device, and sums are made there, in the same order. */
  @ParameterizedTest
  @CsvSource({"2, zero1, buddy", "3, zero2, buddy", "3, zero2, checkpoint", "3, zero3, buddy"})
  void ncclGivesTheBitsOfTcp(int world, String stage, String resilience) throws Exception {
    Trained overTcp = train(1, FULL).getFirst();
    RunConfig config =
        config(GoldenFamily.QWEN3_VL.checkpoint(), "load", FULL, stage, resilience, 0);
    try (IsolatedDevice _ = IsolatedDevice.install();
        StandIn nccl = new StandIn(false).withPieces(1 << 16)) {
      List<Trained> all = train(world, nccl, config);
      assertArrayEquals(overTcp.parameters(), all.getFirst().parameters());
      assertEquals(overTcp.sha256(), all.getFirst().sha256());
      for (Trained trained : all) {
        assertEquals(overTcp.commits(), trained.commits());
      }
      assertEquals(0, nccl.held());
    }
  }

  /** NCCL's own sums are other bits than the tree's, and the same again in the same world. */
  @ParameterizedTest
  @CsvSource({"2, zero1, buddy", "3, zero2, buddy", "3, zero3, checkpoint"})
  void sumsOfNcclTrainToTheSameBitsAgain(int world, String stage, String resilience)
      throws Exception {
    float[] ordered = train(1, FULL).getFirst().parameters();
    RunConfig config = nativeConfig(stage, resilience);
    List<Trained> first = trainNatively(world, config);
    List<Trained> again = trainNatively(world, config);
    assertArrayEquals(first.getFirst().parameters(), again.getFirst().parameters());
    assertEquals(first.getFirst().commits(), again.getLast().commits());
    // Two sums have one order only.
    assertEquals(world == 2, Arrays.equals(ordered, first.getFirst().parameters()));
    assertArrayEquals(ordered, first.getFirst().parameters(), 2e-3f);
    if (!stage.equals("zero3")) {
      for (Trained trained : first) {
        assertArrayEquals(first.getFirst().parameters(), trained.parameters());
      }
    }
  }

  private List<Trained> trainNatively(int world, RunConfig config) throws Exception {
    try (IsolatedDevice _ = IsolatedDevice.install();
        StandIn nccl = new StandIn(false)) {
      return train(world, nccl, config);
    }
  }

  @Test
  void sumsOfNcclAreRefusedOverTcp() {
    ExecutionException refused =
        assertThrows(ExecutionException.class, () -> train(2, nativeConfig("zero2", "buddy")));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("cluster.reduction: native"),
        refused.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 4, lora_dropout: 0.2}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 2, use_dora: true, lora_dropout: 0.2, modules_to_save: [visual.merger]}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 3, lora_dropout: 0.2, init_weights: pissa, use_rslora: true}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 2, lora_dropout: 0, init_weights: olora, use_dora: true, modules_to_save: [visual.merger]}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: true, lora_rank: 2, lora_bias: all}",
        "{train_type: full, freeze_aligner: false, freeze_vit: true}",
        "{train_type: full, freeze_vit: false, freeze_aligner: false, freeze_llm: true}"
      })
  void sharedOutWeightsOfEveryTuningAreTheSameBits(String tuning) throws Exception {
    Trained alone = train(1, tuning).getFirst();
    List<Trained> shared = train(3, config(tuning, "zero3"));
    assertEquals(alone.sha256(), shared.getFirst().sha256());
    assertEquals(alone.commits(), shared.getLast().commits());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 4, lora_dropout: 0.2}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 2, use_dora: true, lora_dropout: 0.2, modules_to_save: [visual.merger]}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 3, lora_dropout: 0.2, init_weights: pissa, use_rslora: true}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 2, lora_dropout: 0, init_weights: olora, use_dora: true, modules_to_save: [visual.merger]}",
        "{train_type: lora, freeze_vit: false, freeze_aligner: true, lora_rank: 2, lora_bias: all}",
        "{train_type: full, freeze_aligner: false, freeze_vit: true}"
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
    Trained alone = train(1, config(model, "initialise", FULL, "zero2")).getFirst();
    for (int world = 2; world <= 3; world++) {
      for (String stage : List.of("zero2", "zero3")) {
        List<Trained> all = train(world, config(model, "initialise", FULL, stage));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + stage);
        assertEquals(alone.commits(), all.getLast().commits());
      }
    }
  }

  @Test
  void adaptersOnExpertsAreTrainedToTheSameBitsOnAnyNumberOfRanks() throws Exception {
    Path model = ExpertModel.withWeights(folder.resolve("experts"));
    String tuning =
        "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_dropout: 0, lora_rank: 3, target_modules: [q_proj], modules_to_save: [mlp.gate],"
            + " target_parameters: [mlp.experts.gate_up_proj, mlp.experts.down_proj]}";
    Trained alone = train(1, config(model, "load", tuning, "zero2")).getFirst();
    for (int world = 2; world <= 3; world++) {
      for (String stage : List.of("zero1", "zero2", "zero3")) {
        List<Trained> all = train(world, config(model, "load", tuning, stage));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + stage);
        assertEquals(alone.commits(), all.getLast().commits());
      }
    }
  }

  /** A second term that is divided by something else: ranks tell each other how much there is. */
  @Test
  void theRoutersLossIsTheSameBitsOnAnyNumberOfRanks() throws Exception {
    Path model = ExpertModel.withoutWeights(folder.resolve("experts"));
    Trained alone = train(1, config(model, "initialise", FULL, "zero2", "buddy", 0.5)).getFirst();
    Trained plain = train(1, config(model, "initialise", FULL, "zero2")).getFirst();
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
      for (String stage : List.of("zero2", "zero3")) {
        List<Trained> all = train(world, config(model, "initialise", FULL, stage, "buddy", 0.5));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + stage);
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
        FULL
            + "\nrlhf: {rlhf_type: gkd, teacher_model: %s, beta: 0.1, sft_alpha: 0.5}"
                .formatted(checkpoint);
    Trained alone = train(1, config(checkpoint, "initialise", full, "zero2")).getFirst();
    for (Directive.Commit commit : alone.commits()) {
      double loss = 0;
      for (Session.TermSum term : commit.terms()) {
        loss += term.sum() * (term.name().equals("sft_loss") ? 0.5 : 1);
      }
      assertEquals(loss, commit.lossSum(), 1e-6 * loss);
    }
    for (int world = 2; world <= 3; world++) {
      for (String stage : List.of("zero2", "zero3")) {
        List<Trained> all = train(world, config(checkpoint, "initialise", full, stage));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + stage);
        assertEquals(alone.commits(), all.getLast().commits());
      }
    }
  }

  /**
   * Answers that the student writes with the weights of the step, those of its teacher, and how the
   * teacher sees pictures.
   */
  @Test
  void answersThatAreWrittenOnTheWayAreLearnedToTheSameBitsOnAnyNumberOfRanks() throws Exception {
    Path checkpoint = GoldenFamily.QWEN3_VL.checkpoint();
    String rlhf =
        "\nrlhf: {rlhf_type: gkd, teacher_model: %s, lmbda: %s, seq_kd: %s, sft_alpha: 0.5, max_completion_length: 12}"
            + "\ncustom: {visual_kd: {vit: {weight: 0.5}, aligner: {weight: 2, distance: cosine}, deepstack: {weight: 1}}}";
    String both = FULL + rlhf.formatted(checkpoint, 0.5, true);
    Trained alone = train(1, config(checkpoint, "initialise", both, "zero2")).getFirst();
    Map<String, Double> weights =
        Map.of(
            "kl_loss", 1.0,
            "sft_loss", 0.5,
            "visual_kd_vit_loss", 0.5,
            "visual_kd_aligner_loss", 2.0,
            "visual_kd_deepstack_loss", 1.0);
    long given = 0;
    for (Directive.Commit commit : alone.commits()) {
      double loss = 0;
      Map<String, List<Session.TermSum>> terms =
          commit.terms().stream().collect(Collectors.groupingBy(Session.TermSum::name));
      assertEquals(weights.keySet(), terms.keySet());
      for (Map.Entry<String, List<Session.TermSum>> term : terms.entrySet()) {
        double sum = term.getValue().stream().mapToDouble(Session.TermSum::sum).sum();
        long of = term.getValue().stream().mapToLong(Session.TermSum::normaliser).sum();
        loss += weights.getOrDefault(term.getKey(), Double.NaN) * sum / of;
        given += term.getKey().equals("sft_loss") ? of : 0;
      }
      assertEquals(loss, commit.lossSum() / commit.tokens(), 1e-6 * loss);
    }
    long tokens = alone.commits().stream().mapToLong(Directive.Commit::tokens).sum();
    assertTrue(given > 0 && given < tokens, given + " of " + tokens + " are not the student's own");
    for (int world = 2; world <= 3; world++) {
      List<Trained> all = train(world, config(checkpoint, "initialise", both, "zero2"));
      assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks");
      assertEquals(alone.commits(), all.getLast().commits());
    }
    String ofTeacher = FULL + rlhf.formatted(checkpoint, 0, true);
    Trained taught = train(1, config(checkpoint, "initialise", ofTeacher, "zero2")).getFirst();
    assertNotEquals(alone.sha256(), taught.sha256());
    List<Trained> shared = train(3, config(checkpoint, "initialise", ofTeacher, "zero3"));
    assertEquals(taught.sha256(), shared.getFirst().sha256());
    assertEquals(taught.commits(), shared.getLast().commits());
  }

  /** Two terms with counts of their own, some of which a rank has none of. */
  @Test
  void demonstrationsAndWhatFollowsThemAreLearnedToTheSameBitsOnAnyNumberOfRanks()
      throws Exception {
    Trained alone = train(1, config(taught(0.3), "zero2")).getFirst();
    assertNotEquals(train(1, config(taught(0), "zero2")).getFirst().sha256(), alone.sha256());
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
      for (String stage : List.of("zero1", "zero2", "zero3")) {
        List<Trained> all = train(world, config(taught(0.3), stage));
        assertEquals(alone.sha256(), all.getFirst().sha256(), world + " ranks, " + stage);
        assertEquals(alone.commits(), all.getLast().commits());
      }
    }
  }

  private static String taught(double teacherWeight) throws Exception {
    return FULL
        + "\ncustom: {teacher_student: {pool_jsonl: %s, teacher_ratio: 1, teacher_loss_weight: %s}}"
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
    for (String options : List.of("beta: 0", "beta: 0.5", "beta: 1", "lmbda: 1", "seq_kd: true")) {
      String full =
          FULL
              + "\nrlhf: {rlhf_type: gkd, teacher_model: %s, max_completion_length: 9, %s}"
                  .formatted(checkpoint, options);
      Trained alone = train(1, config(checkpoint, "load", full, "zero2")).getFirst();
      Directive.Commit first = alone.commits().getFirst();
      assertEquals(0, first.lossSum() / first.tokens(), 1e-6);
      Session.TermSum logged =
          first.terms().stream()
              .filter(term -> term.name().equals("sft_loss"))
              .findFirst()
              .orElseThrow();
      assertTrue(
          options.equals("lmbda: 1")
              ? logged.normaliser() == 0
              : logged.sum() / logged.normaliser() > 0.1,
          "it is logged with weight 0, too, of all answers but the student's own");
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Trained(List<Directive.Commit> commits, float[] parameters, String sha256) {}

  private List<Trained> train(int world, String tuning) throws Exception {
    return train(world, config(tuning, "zero2"));
  }

  private List<Trained> train(int world, RunConfig config) throws Exception {
    return train(world, Transport.tcp(), config);
  }

  private List<Trained> train(int world, Transport transport, RunConfig config) throws Exception {
    WorldFigures figures = new WorldFigures(world, STEPS);
    return LocalRanks.run(world, transport, ranks -> train(ranks, config, figures));
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
      // Where weights are shared out, what rank 0 alone has is zero elsewhere.
      Buffer.of(rank.model().parameters().flat()).commit();
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
            config.maxLength(),
            config.training().groupByLength())
        .keepingRows(config.rlhf().isPresent());
  }

  private static RunConfig config(String tuner, String stage) throws Exception {
    return config(GoldenFamily.QWEN3_VL.checkpoint(), "load", tuner, stage);
  }

  private static RunConfig nativeConfig(String stage, String resilience) throws Exception {
    return config(
        GoldenFamily.QWEN3_VL.checkpoint(),
        "load",
        FULL,
        stage,
        resilience + ", reduction: native",
        0);
  }

  private static RunConfig config(Path model, String weights, String tuner, String stage)
      throws Exception {
    return config(model, weights, tuner, stage, "buddy", 0);
  }

  private static RunConfig config(
      Path model, String weights, String tuner, String stage, String resilience, double balance)
      throws Exception {
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %s, weights: %s}
        data: {train_jsonl: %s, template: target_summary}
        training:
          seed: 5
          max_steps: %d
          per_device_train_batch_size: 12
          gradient_accumulation_steps: 1
          router_aux_loss_coef: %s
          learning_rate: 1.0e-3
          weight_decay: 0.1
        tuner: %s
        deepspeed: {config: %s}
        cluster: {virtual_ranks: %d, bucket_floats: 65536, resilience: %s}
        """
            .formatted(
                model,
                weights,
                GoldenFamily.QWEN3_VL.file("cases.json"),
                STEPS,
                balance,
                tuner,
                stage,
                VIRTUAL_RANKS,
                resilience),
        "test",
        Path.of("/"));
  }
}
