package io.lockstep.worker.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenBeginning;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatches;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.protocol.Session.Contribution;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The classes a run is made of compute the public library's ten steps of training an adapter. */
@Tag("numeric")
class AdapterTrainingTest {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final double FIGURE_TOLERANCE = 1e-4;
  private static final double PARAMETER_TOLERANCE = 2e-4;

  /** Of logits up to 13 after ten steps. */
  private static final float LOGITS = 2e-3f;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void tenStepsOfLoraEqualThePublicLibrary(GoldenFamily family) throws Exception {
    assertTenSteps(family, GoldenAdapter.LORA);
  }

  @ParameterizedTest
  @EnumSource
  void tenStepsOfDoraEqualThePublicLibrary(GoldenFamily family) throws Exception {
    assertTenSteps(family, GoldenAdapter.DORA);
  }

  /**
   * The public library trains on what is left of the weights; here the weights stay and a fixed
   * half of the update takes the same off them.
   */
  @ParameterizedTest
  @CsvSource({
    "QWEN3_VL, pissa",
    "QWEN3_VL, olora",
    "QWEN3_VL, pissa_dora",
    "QWEN2_5_VL, pissa",
    "QWEN2_5_VL, olora",
    "QWEN2_5_VL, pissa_dora",
  })
  void tenStepsFromAPartOfTheWeightsEqualThePublicLibrary(GoldenFamily family, String way)
      throws Exception {
    GoldenBeginning beginning = new GoldenBeginning(family, way);
    JsonNode cases = family.cases();
    RunConfig config = config(family, beginning.recipe(), cases);
    try (TrainingRank rank =
        new TrainingRank(
            config,
            () -> TuningPlan.of(config).load(config),
            model -> microBatches(family, config, model, cases),
            config.training().maxSteps(),
            LocalRanks.alone())) {
      assertSteps(rank, beginning.steps());
      GoldenBatch batch = GoldenBatch.of(family);
      float[] logits = batch.logits(rank.model().network());
      if (beginning.isConverted()) {
        try (LoadedModel converted = LoadedModel.open(beginning.folder())) {
          assertArrayEquals(batch.logits(converted.network()), logits, LOGITS);
        }
      }
      assertOpensAsItIs(family, rank.model());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "QWEN3_VL, all",
    "QWEN3_VL, lora_only",
    "QWEN2_5_VL, all",
    "QWEN2_5_VL, lora_only",
  })
  void tenStepsOfBiasesEqualThePublicLibrary(GoldenFamily family, String kind) throws Exception {
    Path adapter = family.file("biases/" + kind);
    JsonNode cases = family.cases();
    RunConfig config = config(family, "resume_from_checkpoint: " + adapter, cases);
    try (TrainingRank rank =
        new TrainingRank(
            config,
            () -> TuningPlan.of(config).load(config),
            model -> microBatches(family, config, model, cases),
            config.training().maxSteps(),
            LocalRanks.alone())) {
      assertSteps(rank, new ObjectMapper().readTree(adapter.resolve("training.json").toFile()));
      assertOpensAsItIs(family, rank.model());
    }
  }

  private void assertTenSteps(GoldenFamily family, GoldenAdapter adapter) throws Exception {
    JsonNode cases = family.cases();
    RunConfig config = config(family, adapter, cases);
    Tuning tuning = new Tuning.StoredAdapter(adapter.folder(family));
    try (TrainingRank rank =
        new TrainingRank(
            config,
            () -> LoadedModel.open(family.checkpoint(), tuning),
            model -> microBatches(family, config, model, cases),
            config.training().maxSteps(),
            LocalRanks.alone())) {
      assertSteps(rank, adapter.steps(family));
      assertClose(adapter, family, rank.model().trainable().trained());
      assertOpensAsItIs(family, rank.model());
    }
  }

  private static void assertSteps(TrainingRank rank, JsonNode steps) throws Exception {
    for (JsonNode expected : steps) {
      long step = expected.get("step").longValue() - 1;
      try (Scope scope = Scope.open()) {
        TrainingStep.Reduction reduction = rank.reduce(step);
        Directive.Commit commit = commit(step, reduction);
        assertEquals(expected.get("supervised_tokens").longValue(), commit.tokens());
        assertRelative(expected, "loss", commit.lossSum() / commit.tokens());
        assertRelative(expected, "grad_norm", commit.gradNorm());
        rank.apply(commit);
      }
    }
  }

  /** What training holds in memory is what the stored adapter computes, to the bit. */
  private void assertOpensAsItIs(GoldenFamily family, LoadedModel trained) throws Exception {
    GoldenBatch batch = GoldenBatch.of(family);
    var _ = trained.save(folder);
    try (LoadedModel opened = LoadedModel.open(folder)) {
      assertArrayEquals(batch.logits(opened.network()), batch.logits(trained.network()));
    }
  }

  private static void assertRelative(JsonNode expected, String figure, double actual) {
    double wanted = expected.get(figure).doubleValue();
    double error = Math.abs(actual - wanted) / Math.abs(wanted);
    assertTrue(
        error <= FIGURE_TOLERANCE,
        figure + " of step " + expected.get("step") + " differs by " + error + " relative");
  }

  private static void assertClose(GoldenAdapter adapter, GoldenFamily family, Parameters trained)
      throws Exception {
    try (SafetensorsFile golden = SafetensorsFile.open(adapter.trained(family))) {
      assertEquals(golden.names().size(), trained.layout().slots().size());
      for (ParameterLayout.Slot slot : trained.layout().slots()) {
        String name = slot.spec().name();
        float[] expected = golden.data(adapter.trainedName(name)).toArray(FLOAT);
        float[] actual = Buffer.of(trained.get(name)).floats().toArray();
        double error = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
          error += Math.pow(actual[i] - expected[i], 2);
          norm += Math.pow(expected[i], 2);
        }
        double relative = Math.sqrt(error / norm);
        assertTrue(relative <= PARAMETER_TOLERANCE, name + " differs by " + relative);
      }
    }
  }

  private static Directive.Commit commit(long step, TrainingStep.Reduction reduction) {
    long tokens = reduction.contributions().stream().mapToLong(Contribution::tokens).sum();
    double loss = reduction.contributions().stream().mapToDouble(Contribution::lossSum).sum();
    double squares =
        reduction.figures().stream().mapToDouble(Session.BucketFigures::squareSum).sum();
    return new Directive.Commit(1, step, tokens, loss, 0, Math.sqrt(squares) / tokens, 0);
  }

  private static MicroBatches microBatches(
      GoldenFamily family, RunConfig config, LoadedModel model, JsonNode cases) throws IOException {
    List<Sample> samples = family.samples(model.encoder());
    List<Integer> order = new ArrayList<>();
    cases
        .get("micro_batches")
        .forEach(microBatch -> microBatch.forEach(index -> order.add(index.intValue())));
    return new MicroBatches(
        new EpochPlan(order.size(), 1, order.size(), config.batches().virtualRanks()),
        draw -> samples.get(order.get(Math.toIntExact(draw.place()))),
        model.collator(),
        config.maxLength(),
        false);
  }

  private static RunConfig config(GoldenFamily family, GoldenAdapter adapter, JsonNode cases)
      throws Exception {
    return config(family, "resume_from_checkpoint: " + adapter.folder(family), cases);
  }

  private static RunConfig config(GoldenFamily family, String adapter, JsonNode cases)
      throws Exception {
    JsonNode adamw = cases.get("adamw");
    JsonNode schedule = cases.get("schedule");
    double warmup = schedule.get("warmup").doubleValue() / schedule.get("total").doubleValue();
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %1$s}
        data: {train_jsonl: %3$s, template: target_summary}
        training: {seed: 1, max_steps: %4$s, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, max_grad_norm: %5$s, logging_steps: 1, learning_rate: %6$s, adam_beta1: %7$s, adam_beta2: %8$s, adam_epsilon: %9$s, weight_decay: %10$s, warmup_ratio: %11$s, lr_scheduler_type: cosine_warmup_with_min_lr, lr_scheduler_kwargs: {min_lr_rate: %12$s}}
        tuner: {train_type: lora, %2$s, freeze_vit: false, freeze_aligner: false}
        cluster: {virtual_ranks: 2, bucket_floats: 4096}
        """
            .formatted(
                family.checkpoint(),
                adapter,
                family.file("cases.json"),
                schedule.get("total"),
                cases.get("max_grad_norm"),
                cases.get("learning_rates").get("lora"),
                adamw.get("betas").get(0),
                adamw.get("betas").get(1),
                adamw.get("eps"),
                adamw.get("lora_weight_decay"),
                warmup,
                schedule.get("floor_ratio")),
        "test",
        Path.of("/"));
  }
}
