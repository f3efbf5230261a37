package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.testing.ExactValues;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the parity tests allow is rounding and nothing else: the smallest faults that an
 * implementation of these models can have are beyond it.
 */
@Tag("numeric")
class FaultsAreFoundTest {

  @TempDir private Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void twiceTheEpsilonOfNorms(GoldenFamily family) throws IOException {
    Path model = Folders.copy(family.checkpoint(), folder.resolve("model"));
    Folders.replace(
        model.resolve("config.json"), "\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": 2e-06");
    assertFound(family, model, weights -> weights);
  }

  @ParameterizedTest
  @EnumSource
  void aBaseOfRotationThatIsOffByAThousandth(GoldenFamily family) throws IOException {
    Path model = Folders.copy(family.checkpoint(), folder.resolve("model"));
    boolean qwen3 = family == GoldenFamily.QWEN3_VL;
    Folders.replace(
        model.resolve("config.json"),
        qwen3 ? "\"rope_theta\": 5000000.0" : "\"rope_theta\": 1000000.0",
        qwen3 ? "\"rope_theta\": 5005000.0" : "\"rope_theta\": 1001000.0");
    assertFound(family, model, weights -> weights);
  }

  /** The merger's activation is the exact GELU, approximated by many implementations with tanh. */
  @ParameterizedTest
  @EnumSource
  void anApproximateGelu(GoldenFamily family) throws IOException {
    String after = family == GoldenFamily.QWEN3_VL ? "merger.linear_fc2" : "merger.mlp.2";
    assertFound(
        family,
        family.checkpoint(),
        weights ->
            new Faulty(weights, after) {
              @Override
              NDArray faulty(String layer, NDArray x, NDArray before) {
                return weights.linear(layer, Ops.geluTanh(before));
              }
            });
  }

  @ParameterizedTest
  @EnumSource
  void oneLayerInHalfPrecision(GoldenFamily family) throws IOException {
    assertFound(
        family,
        family.checkpoint(),
        weights ->
            new Faulty(weights, "language_model.layers.2.self_attn.v_proj") {
              @Override
              NDArray faulty(String layer, NDArray x, NDArray before) {
                NDArray half = Ops.cast(weights.linear(layer, x), Dtype.FLOAT16);
                return Ops.cast(half, Dtype.FLOAT32);
              }
            });
  }

  private static void assertFound(GoldenFamily family, Path folder, UnaryOperator<Weights> fault)
      throws IOException {
    GoldenBatch batch = GoldenBatch.of(family);
    try (LoadedModel model = LoadedModel.open(folder)) {
      Weights weights = fault.apply(model.parameters());
      float[] logits = batch.logits(new VisionLanguageModel(model.config(), weights));
      Comparison comparison =
          ExactValues.of(family, "logits")
              .logits("logits", logits, row -> batch.batch().attentionMask()[(int) row] == 1);
      assertFalse(comparison.agrees(), comparison::toString);
      assertTrue(!(weights instanceof Faulty faulty) || faulty.met, "no layer has that name");
    }
  }

  /** Weights with a layer that computes something else. */
  private abstract static class Faulty implements Weights {

    private final Weights weights;
    private final String at;
    private @Nullable NDArray before;
    private boolean met;

    Faulty(Weights weights, String at) {
      this.weights = weights;
      this.at = at;
    }

    /**
     * What the layer computes instead.
     *
     * @param before what the layer before it gave
     */
    abstract NDArray faulty(String layer, NDArray x, NDArray before);

    @Override
    public @Nullable NDArray find(String name) {
      return weights.find(name);
    }

    @Override
    public NDArray linear(String layer, NDArray x) {
      if (before != null && layer.endsWith(at)) {
        met = true;
        before = faulty(layer, x, before);
      } else {
        before = weights.linear(layer, x);
      }
      return before;
    }
  }
}
