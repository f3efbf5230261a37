package io.lockstep.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TextGraphicsTest {

  @Test
  void aFallingCurveFallsInTheSparkline() {
    assertEquals("█▆▅▃▁", Sparkline.of(new double[] {4, 3, 2, 1, 0}, 10));
  }

  @Test
  void aLongCurveIsAveragedIntoTheWidth() {
    assertEquals("▁█", Sparkline.of(new double[] {0, 2, 10, 8}, 2));
  }

  @Test
  void aFlatCurveAndNoCurveAreDrawnToo() {
    assertEquals("▁▁▁", Sparkline.of(new double[] {7, 7, 7}, 8));
    assertEquals("", Sparkline.of(new double[0], 8));
  }

  @Test
  void columnsAlignAlsoBehindWideCharacters() {
    String table = new Table().row("标签", "3").row("loss", "1.5").render();
    assertEquals("  标签  3\n  loss  1.5\n", table);
  }
}
