package io.lockstep.model.adapter;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.align.Comparison;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.testing.ExactValues;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Adapters of the public library give the logits that the public library computes. */
@Tag("numeric")
class AdapterParityTest {

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void loraGivesTheLogitsOfThePublicLibrary(GoldenFamily family) throws Exception {
    assertLogits(family, GoldenAdapter.LORA);
  }

  @ParameterizedTest
  @EnumSource
  void doraGivesTheLogitsOfThePublicLibrary(GoldenFamily family) throws Exception {
    assertLogits(family, GoldenAdapter.DORA);
  }

  private static void assertLogits(GoldenFamily family, GoldenAdapter adapter) throws Exception {
    Tuning tuning = new Tuning.StoredAdapter(adapter.folder(family));
    try (LoadedModel model = LoadedModel.open(family.checkpoint(), tuning)) {
      GoldenBatch batch = GoldenBatch.of(family);
      Comparison logits =
          ExactValues.of(family, adapter.exact())
              .lastLogits("logits", batch, batch.logits(model.network()));
      assertTrue(logits.agrees(), logits::toString);
    }
  }
}
