package io.lockstep.model.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;

/** Logits of the last position of each row, outside of the tensor library. */
final class LastLogits {

  private LastLogits() {}

  /** Logits [B][V] from hidden states [B, T, H], of which the last position counts. */
  static float[][] of(VisionLanguageModel network, NDArray hidden_BTH) {
    NDArray logits_BV = network.logits(hidden_BTH.get(new NDIndex(":, -1")));
    int rows = Math.toIntExact(logits_BV.getShape().get(0));
    long width = logits_BV.getShape().get(1);
    Buffer values = Buffer.of(Ops.contiguous(logits_BV)).toHost();
    float[][] logits = new float[rows][];
    for (int row = 0; row < rows; row++) {
      logits[row] = values.slice(row * width, width).floats().toArray();
    }
    return logits;
  }
}
