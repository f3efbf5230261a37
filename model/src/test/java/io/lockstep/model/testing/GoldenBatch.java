package io.lockstep.model.testing;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The left-padded batch of all four conversations that the public implementation computed. */
public record GoldenBatch(Batch batch) {

  /** A family's batch. */
  public static GoldenBatch of(GoldenFamily family) throws IOException {
    try (SafetensorsFile golden = SafetensorsFile.open(family.file("forward.safetensors"))) {
      TensorInfo ids = golden.info("input_ids");
      int rows = Math.toIntExact(ids.shape().get(0));
      int length = Math.toIntExact(ids.shape().get(1));
      long[] grids = longs(golden, "image_grid_thw");
      List<Grid> pictures = new ArrayList<>();
      for (int i = 0; i < grids.length; i += 3) {
        pictures.add(new Grid((int) grids[i], (int) grids[i + 1], (int) grids[i + 2]));
      }
      return new GoldenBatch(
          new Batch(
              rows,
              length,
              longs(golden, "input_ids"),
              longs(golden, "attention_mask"),
              longs(golden, "labels"),
              longs(golden, "position_ids"),
              new long[rows],
              golden.data("pixel_values").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED),
              pictures));
    }
  }

  private static long[] longs(SafetensorsFile golden, String name) {
    return golden.data(name).toArray(ValueLayout.JAVA_LONG_UNALIGNED);
  }

  /** Logits of the whole batch, [rows * length * vocabulary]. */
  public float[] logits(VisionLanguageModel network) {
    try (Scope scope = Scope.open()) {
      return Autograd.inference(() ->
              network.logits(network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE)))
          .toFloatArray();
    }
  }

  /** The largest difference of logits at positions that are not padded. */
  public double worstDifference(float[] expected, float[] actual) {
    if (expected.length != actual.length) {
      throw new IllegalArgumentException(expected.length + " logits, not " + actual.length);
    }
    return worstDifferenceOfLast(expected, actual);
  }

  /**
   * The same where the expected logits are those of each row's last positions alone.
   *
   * @param actual of all positions
   */
  public double worstDifferenceOfLast(float[] expected, float[] actual) {
    int vocabulary = actual.length / (batch.rows() * batch.length());
    int positions = expected.length / batch.rows() / vocabulary;
    double worst = 0;
    for (int row = 0; row < batch.rows(); row++) {
      for (int i = 0; i < positions; i++) {
        int at = row * batch.length() + batch.length() - positions + i;
        if (batch.attentionMask()[at] == 1) {
          int wanted = (row * positions + i) * vocabulary;
          for (int v = 0; v < vocabulary; v++) {
            double difference = (double) expected[wanted + v] - actual[at * vocabulary + v];
            worst = Math.max(worst, Math.abs(difference));
          }
        }
      }
    }
    return worst;
  }

  /** A float32 tensor of a file. */
  public static float[] floats(Path file, String name) throws IOException {
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      return tensors.data(name).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
  }
}
