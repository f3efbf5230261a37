package io.lockstep.model.network;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.OnlyRounding;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A row gets the same logits in a batch and alone, whatever shares the batch: one row has a
 * picture, one has two of other sizes, one has none, one has a very wide picture.
 */
@Tag("numeric")
class PaddedRowsTest {

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
        OnlyRounding.assertBetween(
            "row " + row,
            model.config(),
            Arrays.copyOfRange(together, start, end),
            alone.logits(model.network()));
      }
    }
  }
}
