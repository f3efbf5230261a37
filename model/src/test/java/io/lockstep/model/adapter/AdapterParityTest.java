package io.lockstep.model.adapter;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Adapters of the public library give the logits that the public library computes. */
class AdapterParityTest {

  private static final double LOGIT_TOLERANCE = 2e-5;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void logitsWithAnAdapterOfThePublicLibraryEqualItsOwn() throws Exception {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    try (LoadedModel model =
        LoadedModel.open(family.checkpoint(), new Tuning.StoredAdapter(family.file("adapter")))) {
      GoldenBatch batch = GoldenBatch.of(family);
      float[] expected = GoldenBatch.floats(family.file("adapter_forward.safetensors"), "logits");
      double worst = batch.worstDifference(expected, batch.logits(model.network()));
      assertTrue(worst <= LOGIT_TOLERANCE, "logits differ by " + worst);
    }
  }
}
