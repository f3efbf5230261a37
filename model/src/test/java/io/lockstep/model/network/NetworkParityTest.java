package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.GoldenLogits;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The towers compute what the public implementation computes, on a left-padded batch of four
 * conversations.
 */
class NetworkParityTest {

  private static final double ACTIVATION_TOLERANCE = 1e-4;

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
      Map<String, NDArray> seen = new HashMap<>();
      NDArray logits =
          Autograd.inference(() -> network.logits(network.hidden(scope, batch, null, seen::put)));
      assertEquals(
          golden.names().stream()
              .filter(name -> name.startsWith("vision_") || name.startsWith("text_layer_"))
              .sorted()
              .toList(),
          seen.keySet().stream().sorted().toList());
      seen.forEach(
          (name, activation) -> assertClose(name, golden, activation, batch, ACTIVATION_TOLERANCE));
      assertClose("logits", golden, logits, batch, GoldenLogits.tolerance());
    }
  }

  private static void assertClose(
      String name, SafetensorsFile golden, NDArray actual, Batch batch, double tolerance) {
    float[] expected = golden.data(name).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    float[] got = actual.toFloatArray();
    assertEquals(expected.length, got.length, name);
    int width = expected.length / (name.startsWith("vision") ? 1 : batch.rows() * batch.length());
    double worst = 0;
    for (int i = 0; i < got.length; i++) {
      if (name.startsWith("vision") || batch.attentionMask()[i / width] == 1) {
        double scale = name.equals("logits") ? 1 : Math.max(1, Math.abs(expected[i]));
        worst = Math.max(worst, Math.abs(expected[i] - got[i]) / scale);
      }
    }
    assertTrue(worst <= tolerance, name + " differs by " + worst);
  }
}
