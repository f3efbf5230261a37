package io.lockstep.model.layer;

import io.lockstep.model.config.TextConfig;
import java.util.List;

/**
 * Rotary embedding of text positions over three axes (time, height, width).
 *
 * <p>Qwen2.5-VL gives each axis a contiguous section of frequencies. Qwen3-VL interleaves them:
 * frequency i takes the height where i mod 3 = 1, the width where i mod 3 = 2, as long as i lies
 * inside that axis' section, and the time otherwise.
 */
public final class TextRotary {

  private static final int AXES = 3;

  private final int headDim;
  private final float[] inverseFrequencies;
  private final int[] axisOfFrequency;

  /** That of a model. */
  public TextRotary(TextConfig config) {
    headDim = config.headDim();
    int half = headDim / 2;
    inverseFrequencies = InverseFrequency.all(config.ropeTheta(), headDim);
    axisOfFrequency = new int[half];
    for (int i = 0; i < half; i++) {
      axisOfFrequency[i] =
          config.mropeInterleaved()
              ? interleaved(config.mropeSection(), i)
              : sectioned(config.mropeSection(), i);
    }
  }

  private static int interleaved(List<Integer> sections, int frequency) {
    int axis = frequency % AXES;
    return axis != 0 && frequency < AXES * sections.get(axis) ? axis : 0;
  }

  private static int sectioned(List<Integer> sections, int frequency) {
    int axis = 0;
    int end = sections.getFirst();
    while (frequency >= end) {
      end += sections.get(++axis);
    }
    return axis;
  }

  /**
   * The angles of a run of tokens, [rows, headDim / 2].
   *
   * @param positions positions on the three axes, [3, rows]
   */
  public float[] angles(long[] positions) {
    int rows = positions.length / AXES;
    int half = headDim / 2;
    float[] values = new float[Math.multiplyExact(rows, half)];
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < half; i++) {
        values[row * half + i] = positions[axisOfFrequency[i] * rows + row] * inverseFrequencies[i];
      }
    }
    return values;
  }
}
