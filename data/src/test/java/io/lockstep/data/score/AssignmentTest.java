package io.lockstep.data.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AssignmentTest {

  @Test
  void theGreatestGainIsGivenUpWhereTheSumIsGreaterWithoutIt() {
    assertArrayEquals(new int[] {1, 0}, Assignment.best(new double[][] {{0.9, 0.8}, {0.8, 0.1}}));
  }

  @Test
  void onlyTheShorterSideIsMatchedWholly() {
    assertArrayEquals(new int[] {2}, Assignment.best(new double[][] {{0.1, 0.2, 0.3}}));
    assertArrayEquals(
        new int[] {Assignment.NONE, 0, Assignment.NONE},
        Assignment.best(new double[][] {{0.1}, {0.3}, {0.2}}));
    assertEquals(0, Assignment.best(new double[0][]).length);
    assertArrayEquals(new int[] {Assignment.NONE}, Assignment.best(new double[1][0]));
  }

  @Test
  void noOtherMatchingHasAGreaterSum() {
    SplittableRandom random = new SplittableRandom(7);
    for (int trial = 0; trial < 500; trial++) {
      double[][] gains = new double[random.nextInt(1, 7)][random.nextInt(1, 7)];
      for (double[] row : gains) {
        for (int column = 0; column < row.length; column++) {
          row[column] = random.nextInt(3) == 0 ? 0 : random.nextDouble();
        }
      }
      int[] columns = Assignment.best(gains);
      double sum = 0;
      boolean[] taken = new boolean[gains[0].length];
      for (int row = 0; row < columns.length; row++) {
        if (columns[row] != Assignment.NONE) {
          assertTrue(!taken[columns[row]], "a column twice");
          taken[columns[row]] = true;
          sum += gains[row][columns[row]];
        }
      }
      assertEquals(greatest(gains, 0, new boolean[taken.length]), sum, 1e-5);
    }
  }

  @Test
  void equalSumsAreDecidedAlikeEveryTime() {
    assertArrayEquals(new int[] {0, 1, 2}, Assignment.best(new double[3][5]));
    assertArrayEquals(
        new int[] {0, 1, Assignment.NONE, Assignment.NONE}, Assignment.best(new double[4][2]));
    // Both diagonals give 3; so does what differs by less than rounding.
    assertArrayEquals(new int[] {0, 1}, Assignment.best(new double[][] {{1, 2}, {1, 2}}));
    assertArrayEquals(new int[] {0, 1}, Assignment.best(new double[][] {{1, 2 + 1e-9}, {1, 2}}));
    assertArrayEquals(new int[] {0, 1}, Assignment.best(new double[][] {{1, 2}, {1, 2 + 1e-9}}));
    SplittableRandom random = new SplittableRandom(11);
    for (int trial = 0; trial < 200; trial++) {
      double[][] gains = new double[random.nextInt(1, 9)][random.nextInt(1, 9)];
      for (double[] row : gains) {
        Arrays.setAll(row, _ -> random.nextInt(3) / 2.0);
      }
      int[] first = Assignment.best(gains);
      for (int again = 0; again < 5; again++) {
        assertArrayEquals(first, Assignment.best(gains));
      }
    }
  }

  @Test
  void whatIsNoTableOfNumbersIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> Assignment.best(new double[][] {{1, 2}, {1}}));
    assertThrows(
        IllegalArgumentException.class, () -> Assignment.best(new double[][] {{Double.NaN}}));
  }

  /** The greatest sum by trying everything; gains are not negative. */
  private static double greatest(double[][] gains, int row, boolean[] taken) {
    if (row == gains.length) {
      return 0;
    }
    double best = greatest(gains, row + 1, taken);
    for (int column = 0; column < taken.length; column++) {
      if (!taken[column]) {
        taken[column] = true;
        best = Math.max(best, gains[row][column] + greatest(gains, row + 1, taken));
        taken[column] = false;
      }
    }
    return best;
  }
}
