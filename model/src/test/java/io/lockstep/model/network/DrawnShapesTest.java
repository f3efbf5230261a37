package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Tolerance;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.WeightFolders;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.generate.Decoder;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.ExactValues;
import io.lockstep.model.testing.Goldens;
import io.lockstep.model.testing.OnlyRounding;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever shape a configuration gives, the model computes what the public implementation does: of
 * head widths, grouped queries, rotary sections and bases, DeepStack layers, windows, patch and
 * merge sizes, vocabularies and special tokens nothing is built in.
 */
@Tag("numeric")
class DrawnShapesTest {

  @TempDir private Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  static List<DrawnShape> all() {
    return DrawnShape.all();
  }

  @Test
  void allFamiliesAreDrawn() {
    for (String family : List.of("qwen3_vl", "qwen2_5_vl", "qwen3_vl_moe")) {
      assertEquals(6, all().stream().filter(s -> s.toString().startsWith(family + "-")).count());
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void inputsAndLogitsEqualThePublicImplementation(DrawnShape shape) throws IOException {
    Batch batch = shape.collator().collate(shape.rows());
    try (SafetensorsFile reference = shape.reference();
        Parameters weights = shape.weights()) {
      assertArrayEquals(Goldens.longs(reference, "input_ids"), batch.ids());
      assertArrayEquals(Goldens.longs(reference, "attention_mask"), batch.attentionMask());
      assertArrayEquals(Goldens.longs(reference, "position_ids"), batch.positionIds());
      float[] logits = Walks.logits(shape.config(), weights, batch);
      Comparison chosen =
          ExactValues.inFolder(shape.folder(), "logits")
              .logits("logits", shape.chosen(logits), row -> true);
      assertTrue(chosen.agrees(), chosen::toString);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void aPaddedRowGivesWhatItGivesAlone(DrawnShape shape) throws IOException {
    ModelConfig config = shape.config();
    List<Sample> rows = shape.rows();
    Batch batch = shape.collator().collate(rows);
    int vocabulary = config.text().vocabSize();
    try (Parameters weights = shape.weights()) {
      float[] together = Walks.logits(config, weights, batch);
      for (int row = 0; row < rows.size(); row++) {
        Batch alone = shape.collator().collate(List.of(rows.get(row)));
        int end = (row + 1) * batch.length() * vocabulary;
        OnlyRounding.assertBetween(
            rows.get(row).name(),
            config,
            Walks.logits(config, weights, alone),
            Arrays.copyOfRange(together, end - alone.length() * vocabulary, end));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void bothProfilesContinueAsThePublicImplementation(DrawnShape shape) throws IOException {
    try (SafetensorsFile reference = shape.reference();
        Parameters weights = shape.weights()) {
      long[] expected = Goldens.longs(reference, "new_tokens");
      for (Profile profile : Profile.values()) {
        assertArrayEquals(
            expected, greedy(shape, weights, profile, expected.length), profile.name());
      }
    }
  }

  /** Most probable tokens of all rows, row by row. */
  private static long[] greedy(DrawnShape shape, Parameters weights, Profile profile, int tokens)
      throws IOException {
    List<Sample> rows = shape.rows();
    int steps = tokens / rows.size();
    long[] chosen = new long[tokens];
    VisionLanguageModel network = new VisionLanguageModel(shape.config(), weights);
    try (Decoder decoder =
        Decoder.open(
            profile, network, shape.collator(), rows, steps, VisionLanguageModel.NO_PROBE)) {
      return Autograd.inference(() -> {
        float[][] logits = decoder.first();
        for (int step = 0; step < steps; step++) {
          int[] best = Arrays.stream(logits).mapToInt(DrawnShapesTest::largest).toArray();
          for (int row = 0; row < best.length; row++) {
            chosen[row * steps + step] = best[row];
          }
          logits = step + 1 < steps ? decoder.next(best) : logits;
        }
        return chosen;
      });
    }
  }

  private static int largest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  /** Of every parameter the gradient's norm, and its product with numbers from the name. */
  @ParameterizedTest
  @MethodSource("all")
  void gradientsEqualThePublicImplementation(DrawnShape shape) throws IOException {
    ModelConfig config = shape.config();
    Batch batch = shape.collator().collate(shape.learnedRows());
    try (SafetensorsFile reference = shape.gradients();
        Parameters weights = shape.weights();
        Scope scope = Scope.open()) {
      SequencedMap<String, NDArray> leaves = weights.leaves();
      VisionLanguageModel network = new VisionLanguageModel(config, leaves::get);
      NDArray loss = Walks.loss(scope, network, batch);
      Autograd.backward(loss, null);
      assertEquals(reference.names().size(), leaves.size());
      for (String name : leaves.keySet()) {
        double[] wanted = shape.doubles(reference, name);
        double[] found = shape.described(name, gradient(leaves, name));
        assertEquals(wanted[0], found[0], Tolerance.FLOAT32.gradient() * wanted[1], name);
        assertEquals(wanted[1], found[1], Tolerance.FLOAT32.gradient() * wanted[1], name);
      }
    }
  }

  private static float[] gradient(SequencedMap<String, NDArray> leaves, String name) {
    return Autograd.gradient(Objects.requireNonNull(leaves.get(name))).toFloatArray();
  }

  @ParameterizedTest
  @MethodSource("all")
  void configurationAndWeightsAreReadBackAsTheyWereSaved(DrawnShape shape) throws IOException {
    ModelConfig config = shape.config();
    config.write(folder.resolve("config.json"));
    assertEquals(config, ModelFamilies.read(folder.resolve("config.json")));
    try (Parameters weights = shape.weights()) {
      WeightFolders.write(folder, config, weights);
      try (Parameters again = WeightFolders.read(folder, config)) {
        assertArrayEquals(bits(weights), bits(again));
      }
    }
    assertTrue(Files.exists(folder.resolve("model.safetensors")));
  }

  private static int[] bits(Parameters parameters) {
    float[] values = parameters.flat().toFloatArray();
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }
}
