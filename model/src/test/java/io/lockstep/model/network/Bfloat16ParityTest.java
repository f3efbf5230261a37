package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Tolerance;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.ExactValues;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * In bfloat16 models compute what the public implementation computes in float64 but for roundings
 * to 8 bits, of which the public implementation's own bfloat16 is as many away ({@code
 * tools/measure_bfloat16.py}).
 */
@Tag("numeric")
class Bfloat16ParityTest {

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  static List<DrawnShape> shapes() {
    return DrawnShape.all();
  }

  @ParameterizedTest
  @EnumSource
  void activationsAndLogitsAreRoundingsAway(GoldenFamily family) throws IOException {
    try (LoadedModel model = LoadedModel.open(family.checkpoint());
        Scope scope = Scope.open()) {
      ModelConfig config = model.config().computingIn(Dtype.BFLOAT16);
      Batch batch = GoldenBatch.of(family).batch();
      VisionLanguageModel network = new VisionLanguageModel(config, model.parameters());
      Map<String, float[]> seen = new HashMap<>();
      ActivationListener probe =
          (name, activation) -> {
            assertEquals(Dtype.BFLOAT16, Dtype.of(activation), name);
            seen.put(name, Ops.as(activation, Dtype.FLOAT32).toFloatArray());
          };
      NDArray logits =
          Autograd.inference(() -> network.logits(network.hidden(scope, batch, null, probe)));
      assertEquals(Dtype.FLOAT32, Dtype.of(logits));
      LongPredicate present = row -> batch.attentionMask()[(int) row] == 1;
      int layers = config.vision().depth() + config.text().layers();
      for (Map.Entry<String, float[]> layer : seen.entrySet()) {
        String name = layer.getKey();
        LongPredicate counted = name.startsWith("vision") ? row -> true : present;
        assertAgrees(
            ExactValues.of(family, name)
                .layer(name, layer.getValue(), counted, layers, Tolerance.BFLOAT16));
      }
      assertAgrees(
          ExactValues.of(family, "logits")
              .logits("logits", logits.toFloatArray(), present, Tolerance.BFLOAT16));
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void logitsOfDrawnShapesAreRoundingsAway(DrawnShape shape) throws IOException {
    Batch batch = shape.collator().collate(shape.rows());
    try (Parameters weights = shape.weights()) {
      ModelConfig config = shape.config().computingIn(Dtype.BFLOAT16);
      float[] logits = Walks.logits(config, weights, batch);
      assertAgrees(
          ExactValues.inFolder(shape.folder(), "logits")
              .logits("logits", shape.chosen(logits), row -> true, Tolerance.BFLOAT16));
    }
  }

  /** Of every parameter the gradient's norm, and its product with numbers from the name. */
  @ParameterizedTest
  @MethodSource("shapes")
  void gradientsAreFloat32AndRoundingsAway(DrawnShape shape) throws IOException {
    ModelConfig config = shape.config().computingIn(Dtype.BFLOAT16);
    Batch batch = shape.collator().collate(shape.learnedRows());
    try (SafetensorsFile reference = shape.gradients();
        Parameters weights = shape.weights();
        Scope scope = Scope.open()) {
      SequencedMap<String, NDArray> leaves = weights.leaves();
      VisionLanguageModel network = new VisionLanguageModel(config, leaves::get);
      Autograd.backward(Walks.loss(scope, network, batch), null);
      for (String name : leaves.keySet()) {
        NDArray gradient = Autograd.gradient(Objects.requireNonNull(leaves.get(name)));
        assertEquals(Dtype.FLOAT32, Dtype.of(gradient), name);
        double[] wanted = shape.doubles(reference, name);
        double[] found = shape.described(name, gradient.toFloatArray());
        double limit = Tolerance.BFLOAT16.gradient() * wanted[1];
        assertEquals(wanted[0], found[0], limit, name);
        assertEquals(wanted[1], found[1], limit, name);
      }
    }
  }

  private static void assertAgrees(Comparison comparison) {
    assertTrue(comparison.agrees(), comparison::toString);
  }
}
