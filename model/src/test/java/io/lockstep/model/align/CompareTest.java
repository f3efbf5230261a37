package io.lockstep.model.align;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.align.Comparison.Verdict;
import org.junit.jupiter.api.Test;

/** What counts as rounding. */
class CompareTest {

  private static final int LAYERS = 8;
  private static final RowLimits LIMITS = Tolerance.FLOAT32.limits(LAYERS);
  private static final Floats REFERENCE = rows(13, 0.5f);

  @Test
  void aRowIsMeasuredByItsOwnLargestValue() {
    // A model of 8 layers with logits up to 13: 24 * 2^-24 * sqrt(16) * 13 = 7.4e-5.
    assertEquals(Verdict.WITHIN_TOLERANCE, close(rows(13.00007f, 0.5f)).verdict());
    assertEquals(Verdict.DIFFERS, close(rows(13.0001f, 0.5f)).verdict());
    assertEquals(Verdict.WITHIN_TOLERANCE, close(rows(13, 0.500002f)).verdict());
    Comparison small = close(rows(13.00001f, 0.50001f));
    assertEquals(Verdict.DIFFERS, small.verdict());
    assertTrue(small.note().startsWith("most at [1, 0]"), small.note());
    assertEquals(2e-5, small.relative(), 1e-6);
    assertEquals("5.7e-06 of its row", small.limit());
  }

  @Test
  void aRowMayDifferByAsMuchAsRoundingsMoveIt() {
    RowLimits limits = Tolerance.FLOAT32.limits(LAYERS, new float[] {0, 1e-6f});
    Comparison within =
        Compare.close("x", Kind.LAYER, REFERENCE, rows(13, 0.500007f), row -> true, limits);
    assertEquals(Verdict.WITHIN_TOLERANCE, within.verdict());
    assertEquals("1.6e-05 of its row", within.limit());
    Comparison first =
        Compare.close("x", Kind.LAYER, REFERENCE, rows(13.0001f, 0.500007f), row -> true, limits);
    assertEquals(Verdict.DIFFERS, first.verdict());
    assertTrue(first.note().startsWith("most at [0, 0]"), first.note());
    assertEquals("5.7e-06 of its row", first.limit());
  }

  @Test
  void aThousandthOfARowIsNoRoundingHoweverFarItMoves() {
    for (float moved : new float[] {1, Float.POSITIVE_INFINITY}) {
      RowLimits limits = Tolerance.FLOAT32.limits(LAYERS, new float[] {moved, moved});
      assertEquals(
          Verdict.DIFFERS,
          Compare.close("x", Kind.LAYER, REFERENCE, rows(13.02f, 0.5f), row -> true, limits)
              .verdict());
    }
  }

  @Test
  void equalBitsAreIdenticalAndNothingElseIs() {
    assertEquals(Verdict.IDENTICAL, close(rows(13, 0.5f)).verdict());
    assertEquals(Verdict.IDENTICAL, Compare.exact("x", Kind.INPUT, REFERENCE, REFERENCE).verdict());
    assertEquals(
        Verdict.DIFFERS,
        Compare.exact("x", Kind.INPUT, REFERENCE, rows(13, Math.nextUp(0.5f))).verdict());
    assertEquals(Verdict.DIFFERS, close(rows(Float.NaN, 0.5f)).verdict());
    assertEquals(Verdict.DIFFERS, close(rows(Float.POSITIVE_INFINITY, 0.5f)).verdict());
  }

  @Test
  void rowsThatDoNotCountMayHoldAnything() {
    Comparison padded =
        Compare.close("x", Kind.LAYER, REFERENCE, rows(Float.NaN, 0.5f), row -> row == 1, LIMITS);
    assertEquals(Verdict.IDENTICAL, padded.verdict());
  }

  @Test
  void aSmallLossMovesWithItsLogits() {
    assertEquals(Verdict.WITHIN_TOLERANCE, loss(0.00102f).verdict());
    assertEquals(Verdict.DIFFERS, loss(0.0012f).verdict());
  }

  private static Comparison loss(float actual) {
    return Compare.loss(
        "loss",
        Floats.of(new float[] {0.001f}),
        Floats.of(new float[] {actual}),
        REFERENCE,
        row -> true,
        LIMITS);
  }

  private static Comparison close(Floats actual) {
    return Compare.close("x", Kind.LAYER, REFERENCE, actual, row -> true, LIMITS);
  }

  /** Two rows of two values. */
  private static Floats rows(float first, float second) {
    return Floats.of(new float[] {first, -1, second, 0.25f}, 2, 2);
  }
}
