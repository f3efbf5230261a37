package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.ExactValues;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The towers compute what the public implementation computes in float64, but for rounding, on a
 * left-padded batch of four conversations.
 */
@Tag("numeric")
class NetworkParityTest {

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void logitsAndActivationsEqualThePublicImplementation(GoldenFamily family) throws IOException {
    try (SafetensorsFile golden = SafetensorsFile.open(family.file("forward.safetensors"));
        LoadedModel model = LoadedModel.open(family.checkpoint());
        Scope scope = Scope.open()) {
      Batch batch = GoldenBatch.of(family).batch();
      VisionLanguageModel network = new VisionLanguageModel(model.config(), model.parameters());
      Map<String, float[]> seen = new HashMap<>();
      NDArray logits =
          Autograd.inference(() ->
              network.logits(
                  network.hidden(
                      scope,
                      batch,
                      null,
                      (name, activation) -> seen.put(name, activation.toFloatArray()))));
      assertEquals(
          golden.names().stream()
              .filter(name -> name.startsWith("vision_") || name.startsWith("text_layer_"))
              .sorted()
              .toList(),
          seen.keySet().stream().sorted().toList());
      LongPredicate present = row -> batch.attentionMask()[(int) row] == 1;
      int layers = model.config().vision().depth() + model.config().text().layers();
      for (Map.Entry<String, float[]> layer : seen.entrySet()) {
        String name = layer.getKey();
        LongPredicate counted = name.startsWith("vision") ? row -> true : present;
        assertAgrees(ExactValues.of(family, name).layer(name, layer.getValue(), counted, layers));
      }
      assertAgrees(
          ExactValues.of(family, "logits").logits("logits", logits.toFloatArray(), present));
    }
  }

  private static void assertAgrees(Comparison comparison) {
    assertTrue(comparison.agrees(), comparison::toString);
  }
}
