package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A row gets the same logits in a batch and alone, whatever shares the batch: one row has a
 * picture, one has two of other sizes, one has none, one has a very wide picture.
 */
class PaddedRowsTest {

  /** Logits reach 13. The public implementation's rows differ by up to 6e-6 as well. */
  private static final float TOLERANCE = 1e-5f;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void aPaddedRowHasTheLogitsOfTheRowAlone(GoldenFamily family) throws IOException {
    try (LoadedModel model = LoadedModel.open(family.checkpoint())) {
      GoldenBatch golden = GoldenBatch.of(family);
      Batch batch = golden.batch();
      float[] together = golden.logits(model.network());
      int vocabulary = together.length / (batch.rows() * batch.length());
      for (int row = 0; row < batch.rows(); row++) {
        GoldenBatch alone = golden.alone(row, model.config().imageTokenId());
        int end = (row + 1) * batch.length() * vocabulary;
        int start = end - alone.batch().length() * vocabulary;
        assertArrayEquals(
            Arrays.copyOfRange(together, start, end),
            alone.logits(model.network()),
            TOLERANCE,
            "row " + row);
      }
    }
  }
}
