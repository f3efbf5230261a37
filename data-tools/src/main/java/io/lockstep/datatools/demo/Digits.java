package io.lockstep.datatools.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Real handwritten digits, 8x8 values in 0..1, divided so that no held-out stroke is ever trained
 * on.
 */
final class Digits {

  /** Pixels per side of a stroke image. */
  static final int SIDE = 8;

  /** Rows below this one are for training, the others for held-out pictures. */
  static final int FIRST_HELDOUT_ROW = 1500;

  private static final double FULL_INK = 16;

  private final List<float[]> strokes = new ArrayList<>();
  private final List<List<Integer>> trainRows = new ArrayList<>();
  private final List<List<Integer>> heldoutRows = new ArrayList<>();

  private Digits() {
    for (int digit = 0; digit < 10; digit++) {
      trainRows.add(new ArrayList<>());
      heldoutRows.add(new ArrayList<>());
    }
  }

  static Digits load() throws IOException {
    Digits digits = new Digits();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                Resources.open("handwritten_digits.csv"), StandardCharsets.US_ASCII))) {
      String header = lines.readLine();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        digits.add(line.split(",", -1));
      }
      if (header == null || digits.strokes.size() <= FIRST_HELDOUT_ROW) {
        throw new IOException("handwritten_digits.csv is cut short; build data-tools again");
      }
    }
    return digits;
  }

  private void add(String[] cells) {
    float[] stroke = new float[SIDE * SIDE];
    for (int i = 0; i < stroke.length; i++) {
      stroke[i] = (float) (Integer.parseInt(cells[i + 1]) / FULL_INK);
    }
    int row = strokes.size();
    List<List<Integer>> rows = row < FIRST_HELDOUT_ROW ? trainRows : heldoutRows;
    rows.get(Integer.parseInt(cells[0])).add(row);
    strokes.add(stroke);
  }

  /** A row that shows the digit, from the rows of the split. */
  int pickRow(Rng rng, int digit, Split split) {
    return rng.pick((split == Split.HELDOUT ? heldoutRows : trainRows).get(digit));
  }

  /**
   * Ink in 0..1 at a position of a row's stroke image, bilinear between the centres of its cells.
   *
   * @param u column, 0 at the left edge and 8 at the right one
   * @param v row, 0 at the top edge and 8 at the bottom one
   */
  double ink(int row, double u, double v) {
    double x = u - 0.5;
    double y = v - 0.5;
    int x0 = (int) StrictMath.floor(x);
    int y0 = (int) StrictMath.floor(y);
    double fx = x - x0;
    double fy = y - y0;
    float[] stroke = strokes.get(row);
    return (cell(stroke, x0, y0) * (1 - fx) + cell(stroke, x0 + 1, y0) * fx) * (1 - fy)
        + (cell(stroke, x0, y0 + 1) * (1 - fx) + cell(stroke, x0 + 1, y0 + 1) * fx) * fy;
  }

  private static double cell(float[] stroke, int x, int y) {
    return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : stroke[y * SIDE + x];
  }
}
