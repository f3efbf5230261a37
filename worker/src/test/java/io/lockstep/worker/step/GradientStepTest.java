package io.lockstep.worker.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatch;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Session.Contribution;
import io.lockstep.worker.protocol.Session.DatasetSums;
import io.lockstep.worker.tuning.TuningPlan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Segments give the bits that one graph over the whole model gives, kept or computed again. */
@Tag("numeric")
class GradientStepTest {

  private static final long SEED = 9;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  /** Which of the family's conversations each pass computes. */
  enum Passes {
    TEXT_ALONE,
    PICTURES_AFTER_TEXT,
    TEXT_AFTER_PICTURES_AND_BOTH;

    List<Batch> of(LoadedModel model, GoldenFamily family) throws Exception {
      List<Sample> samples = family.samples(model.encoder());
      List<Sample> text = new ArrayList<>();
      List<Sample> pictures = new ArrayList<>();
      for (Sample sample : samples) {
        (sample.images().isEmpty() ? text : pictures).add(sample);
      }
      List<List<Sample>> groups =
          switch (this) {
            case TEXT_ALONE -> List.of(text);
            case PICTURES_AFTER_TEXT -> List.of(text, pictures);
            case TEXT_AFTER_PICTURES_AND_BOTH -> List.of(pictures, samples, text);
          };
      return groups.stream().map(model.collator()::collate).toList();
    }
  }

  static Stream<Arguments> cases() {
    List<String> both =
        List.of(
            "{train_type: full, freeze_vit: false, freeze_aligner: false}",
            "{train_type: full, freeze_vit: false, freeze_aligner: false, freeze_llm: true}",
            "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 4, lora_dropout: 0.2}",
            "{train_type: lora, freeze_vit: false, freeze_aligner: false, lora_rank: 2, use_dora: true, lora_dropout: 0.2, modules_to_save: [visual.merger]}");
    List<String> one =
        List.of(
            "{train_type: full, freeze_vit: false, freeze_aligner: true}",
            "{train_type: full, freeze_vit: true, freeze_aligner: true}");
    return Stream.concat(
        Stream.of(GoldenFamily.values())
            .flatMap(family -> both.stream().map(tuning -> Arguments.of(family, tuning))),
        one.stream().map(tuning -> Arguments.of(GoldenFamily.QWEN3_VL, tuning)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void segmentsGiveTheBitsOfOneGraph(GoldenFamily family, String tuning) throws Exception {
    try (LoadedModel model = load(family, tuning)) {
      perturb(model.trainable().trained());
      for (Passes passes : Passes.values()) {
        MicroBatch microBatch = new MicroBatch(3, 1, passes.of(model, family), List.of());
        OneGraph expected = OneGraph.of(model, microBatch, SEED);
        assertGives(expected, model, microBatch, false, passes.name());
        assertGives(expected, model, microBatch, true, passes + " with checkpointing");
        MicroBatch toldApart =
            new MicroBatch(
                3,
                1,
                microBatch.batches(),
                alternating(microBatch),
                List.of(),
                Counts.NONE,
                List.of());
        assertGives(expected, model, toldApart, false, passes + " told apart by dataset");
      }
    }
  }

  /** The rows belong to datasets 0 and 1 in turn. */
  private static List<int[]> alternating(MicroBatch microBatch) {
    return microBatch.batches().stream()
        .map(batch -> IntStream.range(0, batch.rows()).map(row -> row % 2).toArray())
        .toList();
  }

  private static void assertMakesUp(Contribution whole, boolean toldApart) {
    if (!toldApart) {
      assertEquals(List.of(), whole.datasets());
      return;
    }
    assertEquals(whole.tokens(), whole.datasets().stream().mapToLong(DatasetSums::tokens).sum());
    assertEquals(
        whole.correctTokens(),
        whole.datasets().stream().mapToLong(DatasetSums::correctTokens).sum());
    assertEquals(
        whole.lossSum(),
        whole.datasets().stream().mapToDouble(DatasetSums::lossSum).sum(),
        1e-5 * whole.lossSum());
  }

  private static void assertPadding(Counts counts, MicroBatch microBatch) {
    long padding = 0;
    long all = 0;
    for (Batch batch : microBatch.batches()) {
      padding += Arrays.stream(batch.attentionMask()).filter(mask -> mask == 0).count();
      all += (long) batch.rows() * batch.length();
    }
    assertEquals(padding, counts.of(Counts.PADDING_TOKENS));
    assertEquals(all, counts.of(Counts.BATCH_TOKENS));
  }

  private static void assertGives(
      OneGraph expected,
      LoadedModel model,
      MicroBatch microBatch,
      boolean checkpointing,
      String passes)
      throws Exception {
    Parameters trained = model.trainable().trained();
    try (Scope scope = Scope.open();
        Lender lender = new Lender(trained)) {
      NDArray flat = scope.zeros(Dtype.FLOAT32, trained.layout().size());
      GradientStep step =
          new GradientStep(
              model.config(), model.trainable(), SEED, checkpointing, Objective.CROSS_ENTROPY);
      Contribution contribution =
          step.compute(microBatch, flat, new double[] {1}, lender, () -> {});
      assertEquals(expected.loss(), contribution.lossSum(), passes);
      assertMakesUp(contribution, !microBatch.datasets().isEmpty());
      assertPadding(contribution.counts(), microBatch);
      for (ParameterLayout.Slot slot : trained.layout().slots()) {
        String name = slot.spec().name();
        float[] actual = Parameters.view(flat, slot).toFloatArray();
        assertArrayEquals(bits(expected.gradient(name)), bits(actual), name + ", " + passes);
      }
      assertEquals(step.segments().reversed(), lender.ready, passes);
      assertEquals(Set.of(), lender.lent.keySet(), "everything entered was left");
    }
  }

  /**
   * Takes the parameters away and lends a segment its own between enter and leave; whoever reads
   * others, or reads them at another time, computes with NaN.
   */
  private static final class Lender implements SegmentWeights, AutoCloseable {
    private final Parameters parameters;
    private final float[] values;
    private final Map<SegmentSpec, List<NDArray>> lent = new HashMap<>();
    private final List<SegmentSpec> ready = new ArrayList<>();
    private final Scope scope = Scope.lasting();

    Lender(Parameters parameters) {
      this.parameters = parameters;
      values = memory(parameters.flat()).toArray(ValueLayout.JAVA_FLOAT);
      fill(parameters.flat());
    }

    private static MemorySegment memory(NDArray array) {
      return Buffer.of(array).hostBytes();
    }

    /** All bits set is a NaN. */
    private static void fill(NDArray array) {
      memory(array).fill((byte) -1);
    }

    @Override
    public Weights enter(SegmentSpec segment, Pass pass) {
      Map<String, NDArray> own = new HashMap<>();
      List<Integer> slots = new ArrayList<>(segment.sharedSlots());
      IntStream.range(segment.firstSlot(), segment.endSlot()).forEach(slots::add);
      for (int index : slots) {
        ParameterLayout.Slot slot = parameters.layout().slots().get(index);
        NDArray copy = scope.empty(Dtype.FLOAT32, slot.spec().dimensions());
        memory(copy)
            .copyFrom(
                MemorySegment.ofArray(values)
                    .asSlice(slot.offset() * Float.BYTES, slot.spec().elements() * Float.BYTES));
        own.put(slot.spec().name(), copy);
      }
      assertNull(lent.put(segment, List.copyOf(own.values())));
      return own::get;
    }

    @Override
    public void leave(SegmentSpec segment, Pass pass) {
      Objects.requireNonNull(lent.remove(segment)).forEach(Lender::fill);
    }

    @Override
    public void gradientReady(SegmentSpec segment) {
      ready.add(segment);
    }

    @Override
    public void close() {
      memory(parameters.flat()).copyFrom(MemorySegment.ofArray(values));
      scope.close();
    }
  }

  @Test
  void theRangesOfTheSegmentsCoverTheFlatBuffer() throws Exception {
    for (GoldenFamily family : GoldenFamily.values()) {
      try (LoadedModel model =
          load(family, "{train_type: full, freeze_vit: false, freeze_aligner: false}")) {
        ParameterLayout layout = model.trainable().trained().layout();
        long next = 0;
        int slot = 0;
        for (SegmentSpec segment :
            new GradientStep(model.config(), model.trainable(), 0).segments()) {
          assertEquals(next, segment.start());
          assertEquals(slot, segment.firstSlot());
          assertTrue(segment.endSlot() > segment.firstSlot(), segment.name());
          next = segment.end();
          slot = segment.endSlot();
        }
        assertEquals(layout.size(), next);
        assertEquals(layout.slots().size(), slot);
      }
    }
  }

  private static void perturb(Parameters trained) {
    MemorySegment values = Buffer.of(trained.flat()).hostBytes();
    SplittableRandom random = new SplittableRandom(4);
    for (ParameterLayout.Slot slot : trained.layout().slots()) {
      for (long i = slot.offset(); i < slot.end(); i++) {
        float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        float noise = (float) (0.02 * (random.nextDouble() - 0.5));
        values.setAtIndex(ValueLayout.JAVA_FLOAT, i, value + noise);
      }
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }

  private static LoadedModel load(GoldenFamily family, String tuning) throws Exception {
    RunConfig config =
        RunConfig.parse(
            """
            global_max_length: 512
            model: {model: %s}
            data: {train_jsonl: %s, template: target_summary}
            training: {seed: 5, max_steps: 1, learning_rate: 1.0e-3}
            tuner: %s
            """
                .formatted(family.checkpoint(), family.file("cases.json"), tuning),
            "test",
            Path.of("/"));
    return TuningPlan.of(config).load(config);
  }
}
