package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.align.Comparison;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.testing.ExactValues;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.PlainGraph;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The plain graph computes what the public implementation does, and the walk computes its bits, of
 * whatever shape the model is.
 */
@Tag("numeric")
class PlainGraphTest {

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void thePlainGraphEqualsThePublicImplementation(GoldenFamily family) throws IOException {
    Batch batch = GoldenBatch.of(family).batch();
    try (LoadedModel model = LoadedModel.open(family.checkpoint());
        Scope scope = Scope.open()) {
      float[] logits =
          Autograd.inference(
                  () -> new PlainGraph(scope, model.config(), model.parameters(), batch).logits())
              .toFloatArray();
      Comparison comparison =
          ExactValues.of(family, "logits")
              .logits("logits", logits, row -> batch.attentionMask()[(int) row] == 1);
      assertTrue(comparison.agrees(), comparison::toString);
    }
  }

  @ParameterizedTest
  @MethodSource("io.lockstep.model.network.DrawnShape#all")
  void theWalkGivesTheBitsOfThePlainGraph(DrawnShape shape) throws IOException {
    Batch batch = shape.collator().collate(shape.rows());
    ModelConfig config = shape.config();
    try (Parameters weights = shape.weights();
        Scope scope = Scope.open()) {
      VisionLanguageModel network = new VisionLanguageModel(config, weights);
      float[] walked =
          Autograd.inference(() ->
                  network.logits(network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE)))
              .toFloatArray();
      float[] plain =
          Autograd.inference(() -> new PlainGraph(scope, config, weights, batch).logits())
              .toFloatArray();
      assertArrayEquals(plain, walked);
    }
  }
}
