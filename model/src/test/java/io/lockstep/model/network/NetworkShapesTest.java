package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.family.qwen25vl.Qwen25VisionConfig;
import io.lockstep.model.family.qwen25vl.Qwen25VlConfig;
import io.lockstep.model.family.qwen3vl.Qwen3VisionConfig;
import io.lockstep.model.family.qwen3vl.Qwen3VlConfig;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.Patches;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Models of other shapes than the reference's, with random weights. */
class NetworkShapesTest {

  private static final int VOCABULARY = 100;
  private static final int IMAGE = 97;
  private static final int PAD = 0;
  private static final int MERGE = 2;

  /** Query heads of twice the residual's width, four to a key-value head; a tied head. */
  private static final Qwen3VlConfig GROUPED =
      config(
          new TextConfig(
              VOCABULARY,
              48,
              80,
              3,
              8,
              2,
              12,
              1e-6,
              1e6,
              List.of(2, 2, 2),
              true,
              false,
              true,
              4096),
          new Qwen3VisionConfig(3, 40, 56, 2, 4, 2, MERGE, 36, 3, 48, List.of(1)),
          true);

  /** As many key-value heads as query heads, late DeepStack layers, a head of its own. */
  private static final Qwen3VlConfig UNTIED =
      config(
          new TextConfig(
              VOCABULARY,
              32,
              64,
              3,
              2,
              2,
              24,
              1e-5,
              1e4,
              List.of(6, 3, 3),
              true,
              false,
              true,
              4096),
          new Qwen3VisionConfig(5, 24, 32, 3, 4, 2, MERGE, 9, 3, 32, List.of(2, 4)),
          false);

  /** No DeepStack at all, one key-value head for all. */
  private static final Qwen3VlConfig PLAIN =
      config(
          new TextConfig(
              VOCABULARY,
              32,
              48,
              2,
              4,
              1,
              16,
              1e-6,
              1e6,
              List.of(4, 2, 2),
              true,
              false,
              true,
              4096),
          new Qwen3VisionConfig(2, 16, 24, 1, 4, 2, MERGE, 16, 3, 32, List.of()),
          true);

  /**
   * Windows of three tokens a side, which no picture's sides are multiples of; no head of its own.
   */
  private static final Qwen25VlConfig WINDOWED =
      qwen25(
          new TextConfig(
              VOCABULARY,
              48,
              80,
              3,
              6,
              2,
              8,
              1e-5,
              1e5,
              List.of(1, 1, 2),
              false,
              true,
              false,
              4096),
          new Qwen25VisionConfig(4, 40, 56, 2, 4, 2, MERGE, 3, 48, 24, List.of(0, 2), 2),
          true);

  /** Windows of one token, every block windowed, as many key-value heads as query heads. */
  private static final Qwen25VlConfig UNTIED_WINDOWED =
      qwen25(
          new TextConfig(
              VOCABULARY,
              32,
              48,
              2,
              4,
              4,
              8,
              1e-6,
              1e4,
              List.of(2, 2, 0),
              false,
              true,
              false,
              4096),
          new Qwen25VisionConfig(2, 24, 32, 3, 4, 2, MERGE, 3, 32, 8, List.of(), 4),
          false);

  private static final List<ModelConfig> ALL =
      List.of(GROUPED, UNTIED, PLAIN, WINDOWED, UNTIED_WINDOWED);

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void otherShapesGiveFiniteLogitsAndGradientsForAllParameters() {
    for (ModelConfig config : ALL) {
      Batch batch = batch(rows());
      try (Parameters parameters = random(config, 1);
          Scope scope = Scope.open()) {
        SequencedMap<String, NDArray> leaves = parameters.leaves();
        VisionLanguageModel network = new VisionLanguageModel(config, leaves::get);
        NDArray logits =
            Autograd.recording(() ->
                network.logits(network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE)));
        assertEquals(
            List.of((long) batch.rows(), (long) batch.length(), (long) VOCABULARY),
            Arrays.stream(logits.getShape().getShape()).boxed().toList());
        NDArray labels = scope.fromLongs(batch.labels(), batch.labels().length);
        NDArray loss =
            Autograd.recording(
                () -> Ops.crossEntropySum(logits.reshape(-1, VOCABULARY), labels, Sample.IGNORED));
        assertTrue(Float.isFinite(loss.getFloat()));
        Autograd.backward(loss, null);
        leaves.forEach((name, leaf) -> assertFiniteAndNotAllZero(name, Autograd.gradient(leaf)));
      }
    }
  }

  private static void assertFiniteAndNotAllZero(String name, NDArray gradient) {
    boolean moved = false;
    for (float value : gradient.toFloatArray()) {
      assertTrue(Float.isFinite(value), name);
      moved |= value != 0;
    }
    assertTrue(moved, name + " takes no part in the loss");
  }

  @Test
  void windowsKeepPatchesApartWhereNoBlockAttendsFully() {
    Sample sample = row("picture", 3, 4, new Grid(1, 4, 6));
    try (Parameters parameters = random(UNTIED_WINDOWED, 7)) {
      float[] before = merged(UNTIED_WINDOWED, parameters, batch(List.of(sample)));
      Batch changed = batch(List.of(sample));
      changed.pixels()[0] += 1;
      float[] after = merged(UNTIED_WINDOWED, parameters, changed);
      int token = 32;
      assertFalse(Arrays.equals(before, 0, token, after, 0, token));
      assertTrue(
          Arrays.equals(before, token, before.length, after, token, after.length),
          "a patch was seen outside of its window");
    }
  }

  private static float[] merged(ModelConfig config, Parameters parameters, Batch batch) {
    Map<String, float[]> seen = new HashMap<>();
    try (Scope scope = Scope.open()) {
      VisionLanguageModel network = new VisionLanguageModel(config, parameters);
      Autograd.inference(() ->
          network.hidden(
              scope,
              batch,
              null,
              (name, activation) -> {
                if (name.equals("vision_merger")) {
                  seen.put(name, activation.toFloatArray());
                }
              }));
    }
    return Objects.requireNonNull(seen.get("vision_merger"));
  }

  @Test
  void pixelsChangeTheLogitsOfTheirOwnRowAlone() {
    try (Parameters parameters = random(GROUPED, 3)) {
      List<Sample> samples = rows();
      Batch batch = batch(samples);
      float[] before = Walks.logits(GROUPED, parameters, batch);
      batch.pixels()[0] += 1;
      float[] after = Walks.logits(GROUPED, parameters, batch);
      int rowLogits = batch.length() * VOCABULARY;
      for (int row = 0; row < samples.size(); row++) {
        boolean same =
            Arrays.equals(
                before,
                row * rowLogits,
                (row + 1) * rowLogits,
                after,
                row * rowLogits,
                (row + 1) * rowLogits);
        assertEquals(row != 0, same, samples.get(row).name());
      }
    }
  }

  @Test
  void laterTokensDoNotChangeEarlierLogits() {
    try (Parameters parameters = random(UNTIED, 4)) {
      Sample sample = rows().getFirst();
      float[] before = Walks.logits(UNTIED, parameters, batch(List.of(sample)));
      int last = sample.tokens().length - 1;
      sample.tokens()[last] = sample.tokens()[last] == 5 ? 6 : 5;
      float[] after = Walks.logits(UNTIED, parameters, batch(List.of(sample)));
      assertArrayEquals(
          Arrays.copyOf(before, last * VOCABULARY), Arrays.copyOf(after, last * VOCABULARY));
    }
  }

  @Test
  void pictureTokensThatDoNotMatchTheFeaturesAreAnErrorWithBothNumbers() {
    Batch batch = batch(List.of(rows().getFirst()));
    for (int i = 0; i < batch.ids().length; i++) {
      if (batch.ids()[i] == IMAGE) {
        batch.ids()[i] = 1;
        break;
      }
    }
    try (Parameters parameters = random(PLAIN, 5)) {
      IllegalArgumentException error =
          assertThrows(
              IllegalArgumentException.class, () -> Walks.logits(PLAIN, parameters, batch));
      String message = String.valueOf(error.getMessage());
      assertTrue(message.contains("5 picture tokens") && message.contains("6 features"), message);
    }
  }

  /** One picture, two pictures of other sizes, none; of different lengths. */
  private static List<Sample> rows() {
    return List.of(
        row("one picture", 7, 9, new Grid(1, 4, 6)),
        row("two pictures", 8, 3, new Grid(1, 2, 2), new Grid(1, 8, 4)),
        row("text only", 9, 5));
  }

  private static Sample row(String name, long seed, int textTokens, Grid... grids) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> tokens = new ArrayList<>();
    List<Patches> pictures = new ArrayList<>();
    for (Grid grid : grids) {
      tokens.add(random.nextInt(1, IMAGE));
      for (int i = 0; i < grid.tokens(MERGE); i++) {
        tokens.add(IMAGE);
      }
      float[] pixels = new float[grid.patches() * 3 * 2 * 4 * 4];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (float) random.nextDouble(-1, 1);
      }
      pictures.add(new Patches(pixels, grid.t(), grid.h(), grid.w()));
    }
    for (int i = 0; i < textTokens; i++) {
      tokens.add(random.nextInt(1, IMAGE));
    }
    int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, ids.length - 2, Sample.IGNORED);
    return new Sample(name, ids, labels, pictures);
  }

  private static Batch batch(List<Sample> samples) {
    return new Collator(PAD, IMAGE, MERGE).collate(samples);
  }

  private static Parameters random(ModelConfig config, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Parameters parameters = new Parameters(config.layout());
    for (ParameterLayout.Slot slot : parameters.layout().slots()) {
      MemorySegment values = Buffer.of(parameters.get(slot.spec().name())).hostBytes();
      boolean matrix = slot.spec().shape().size() > 1;
      for (long i = 0; i < slot.spec().elements(); i++) {
        double value = matrix ? random.nextDouble(-0.2, 0.2) : random.nextDouble(0.5, 1.5);
        values.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) value);
      }
    }
    return parameters;
  }

  private static Qwen25VlConfig qwen25(TextConfig text, Qwen25VisionConfig vision, boolean tied) {
    return new Qwen25VlConfig(text, vision, tied, IMAGE, IMAGE + 1, 95, 96, "float32");
  }

  private static Qwen3VlConfig config(TextConfig text, Qwen3VisionConfig vision, boolean tied) {
    return new Qwen3VlConfig(text, vision, tied, IMAGE, IMAGE + 1, 95, 96, "float32");
  }
}
