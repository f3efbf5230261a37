package io.lockstep.worker.step;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatch;
import io.lockstep.worker.loader.MicroBatches;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.protocol.Session.Contribution;
import io.lockstep.worker.testing.LocalRanks;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The classes a run is made of compute the public implementation's gradients and its ten steps of
 * full fine-tuning.
 */
@Tag("numeric")
class TrainingParityTest {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final double GRADIENT_TOLERANCE = 1e-4;
  private static final double PARAMETER_TOLERANCE = 2e-4;

  /** Losses and norms follow the parameters: portable kernels move a norm by 1.02e-4. */
  private static final double FIGURE_TOLERANCE = PARAMETER_TOLERANCE;

  private static final double RATE_TOLERANCE = 1e-12;
  private static final int VIRTUAL_RANKS = 2;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void gradientsOfAllParametersEqualThePublicImplementation(GoldenFamily family) throws Exception {
    assertGradients(family, (model, samples) -> List.of(model.collator().collate(samples)));
  }

  @ParameterizedTest
  @EnumSource
  void gradientsOfSamplesInGroupsEqualThePublicImplementation(GoldenFamily family)
      throws Exception {
    assertGradients(
        family,
        (model, samples) ->
            samples.stream().map(sample -> model.collator().collate(List.of(sample))).toList());
  }

  /** How samples are put together to batches. */
  private interface Grouping {
    List<Batch> of(LoadedModel model, List<Sample> samples);
  }

  private static void assertGradients(GoldenFamily family, Grouping grouping) throws Exception {
    try (LoadedModel model = LoadedModel.open(family.checkpoint());
        SafetensorsFile golden = SafetensorsFile.open(family.file("gradients.safetensors"));
        Scope scope = Scope.open()) {
      NDArray flat = scope.zeros(Dtype.FLOAT32, model.parameters().layout().size());
      List<Batch> groups = grouping.of(model, family.samples(model.encoder()));
      Contribution contribution =
          new GradientStep(model.config(), model.trainable(), 1)
              .compute(new MicroBatch(0, 0, groups, List.of()), flat);
      assertEquals(supervised(family), contribution.tokens());
      assertParametersClose(
          golden,
          model.parameters().layout(),
          flat,
          (double) contribution.tokens(),
          GRADIENT_TOLERANCE);
    }
  }

  @ParameterizedTest
  @EnumSource
  void tenStepsOfFullFineTuningEqualThePublicImplementation(GoldenFamily family) throws Exception {
    JsonNode cases = family.cases();
    RunConfig config = config(family);
    try (SafetensorsFile golden = SafetensorsFile.open(family.file("after_10_steps.safetensors"));
        TrainingRank rank =
            new TrainingRank(
                config,
                () -> LoadedModel.open(family.checkpoint()),
                model -> microBatches(config, model, family),
                config.training().maxSteps(),
                LocalRanks.alone())) {
      for (JsonNode expected : cases.get("full_training")) {
        long step = expected.get("step").longValue() - 1;
        try (Scope scope = Scope.open()) {
          TrainingStep.Reduction reduction = rank.reduce(step);
          Directive.Commit commit = commit(step, reduction);
          assertStep(expected, commit, config);
          rank.apply(commit);
        }
      }
      try (Scope scope = Scope.open()) {
        Parameters parameters = rank.model().parameters();
        assertParametersClose(
            golden, parameters.layout(), parameters.flat(), 1, PARAMETER_TOLERANCE);
      }
    }
  }

  private static long supervised(GoldenFamily family) throws IOException {
    return family.conversations().stream().mapToLong(GoldenConversations.Case::answerTokens).sum();
  }

  private static MicroBatches microBatches(RunConfig config, LoadedModel model, GoldenFamily family)
      throws IOException {
    JsonNode cases = family.cases();
    List<Sample> samples = family.samples(model.encoder());
    List<Integer> order =
        StreamSupport.stream(cases.get("micro_batches").spliterator(), false)
            .flatMap(microBatch -> StreamSupport.stream(microBatch.spliterator(), false))
            .map(JsonNode::intValue)
            .toList();
    // A step is an epoch, so a draw's place is the sample's place in the fixture's micro-batches.
    return new MicroBatches(
        new EpochPlan(order.size(), config.seed(), order.size(), VIRTUAL_RANKS),
        draw -> samples.get(order.get(Math.toIntExact(draw.place()))),
        model.collator(),
        config.maxLength(),
        config.training().groupByLength());
  }

  /** What the coordinator makes of a world's figures. */
  private static Directive.Commit commit(long step, TrainingStep.Reduction reduction) {
    long tokens = reduction.contributions().stream().mapToLong(Contribution::tokens).sum();
    double loss = reduction.contributions().stream().mapToDouble(Contribution::lossSum).sum();
    double squares =
        reduction.figures().stream().mapToDouble(Session.BucketFigures::squareSum).sum();
    return new Directive.Commit(1, step, tokens, loss, 0, Math.sqrt(squares) / tokens, 0);
  }

  private static void assertStep(JsonNode expected, Directive.Commit commit, RunConfig config) {
    long step = expected.get("step").longValue();
    assertEquals(expected.get("supervised_tokens").longValue(), commit.tokens());
    assertRelative(
        "loss of step " + step,
        expected.get("loss").doubleValue(),
        commit.lossSum() / commit.tokens(),
        FIGURE_TOLERANCE);
    assertRelative(
        "gradient norm of step " + step,
        expected.get("grad_norm").doubleValue(),
        commit.gradNorm(),
        FIGURE_TOLERANCE);
    List<ParameterSpec.Module> groups =
        List.of(ParameterSpec.Module.LLM, ParameterSpec.Module.VIT, ParameterSpec.Module.ALIGNER);
    for (int group = 0; group < groups.size(); group++) {
      assertRelative(
          "rate of " + groups.get(group) + " in step " + step,
          expected.get("lr").get(group).doubleValue(),
          config.optimizer().lr(groups.get(group), step, config.training().maxSteps()),
          RATE_TOLERANCE);
    }
  }

  private static void assertRelative(
      String what, double expected, double actual, double tolerance) {
    double error = Math.abs(actual - expected) / Math.abs(expected);
    assertTrue(error <= tolerance, what + " differs by " + error + " relative");
  }

  /** Each parameter's difference, relative to the norm of what it should be. */
  private static void assertParametersClose(
      SafetensorsFile golden, ParameterLayout layout, NDArray flat, double divisor, double limit) {
    assertEquals(
        golden.names().stream().sorted().toList(),
        layout.slots().stream().map(slot -> slot.spec().name()).sorted().toList());
    List<Executable> checks = new ArrayList<>();
    for (ParameterLayout.Slot slot : layout.slots()) {
      String name = slot.spec().name();
      float[] expected = golden.data(name).toArray(FLOAT);
      double error = 0;
      double norm = 0;
      for (int i = 0; i < expected.length; i++) {
        double actual =
            Buffer.of(flat).hostBytes().getAtIndex(ValueLayout.JAVA_FLOAT, slot.offset() + i)
                / divisor;
        error += (actual - expected[i]) * (actual - expected[i]);
        norm += (double) expected[i] * expected[i];
      }
      double relative = Math.sqrt(error / norm);
      checks.add(() -> assertTrue(relative <= limit, name + " differs by " + relative));
    }
    assertAll(checks);
  }

  private static RunConfig config(GoldenFamily family) throws Exception {
    JsonNode cases = family.cases();
    JsonNode rates = cases.get("learning_rates");
    JsonNode adamw = cases.get("adamw");
    JsonNode schedule = cases.get("schedule");
    long steps = schedule.get("total").longValue();
    String yaml =
        """
        global_max_length: 4096
        model: {model: %1$s}
        data: {train_jsonl: unused, template: target_summary}
        training: {seed: 1, max_steps: %2$d, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, max_grad_norm: %4$s, logging_steps: 1, learning_rate: %5$s, vit_lr: %6$s, aligner_lr: %7$s, adam_beta1: %8$s, adam_beta2: %9$s, adam_epsilon: %10$s, weight_decay: %11$s, decay_vectors: true, warmup_ratio: %12$s, lr_scheduler_type: cosine_warmup_with_min_lr, lr_scheduler_kwargs: {min_lr_rate: %13$s}}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        cluster: {virtual_ranks: %3$d, bucket_floats: 65536}
        """
            .formatted(
                family.checkpoint().toAbsolutePath(),
                steps,
                VIRTUAL_RANKS,
                cases.get("max_grad_norm").doubleValue(),
                rates.get("llm").doubleValue(),
                rates.get("vit").doubleValue(),
                rates.get("aligner").doubleValue(),
                adamw.get("betas").get(0).doubleValue(),
                adamw.get("betas").get(1).doubleValue(),
                adamw.get("eps").doubleValue(),
                adamw.get("weight_decay").doubleValue(),
                schedule.get("warmup").doubleValue() / steps,
                schedule.get("floor_ratio").doubleValue());
    return RunConfig.parseStored(yaml, "parity");
  }
}
