package io.lockstep.cli.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class SvgChartTest {

  @Test
  void aLogarithmicAxisHasRoundNumbersAroundTheCurve() {
    assertEquals(List.of(0.1, 1.0, 10.0, 100.0), Ticks.logarithmic(0.12, 50));
    assertEquals(List.of(0.1, 0.2, 0.5, 1.0, 2.0), Ticks.logarithmic(0.12, 1.5));
    assertEquals(List.of(0.0, 200.0, 400.0), Ticks.linear(0, 560, 5));
    assertEquals("0.0005", Ticks.label(5e-4));
    assertEquals("1000", Ticks.label(1000));
  }

  @Test
  void equalRatiosAreEqualDistancesOnALogarithmicAxis() {
    String html =
        new SvgChart("loss", "step", true)
            .add("smoothed", new double[] {0, 1, 2}, new double[] {100, 10, 1})
            .html();
    assertTrue(html.contains("points=\"0.0,0.0 500.0,500.0 1000.0,1000.0\""), html);
    assertTrue(html.contains("smoothed</span>"), "a legend");
  }

  @Test
  void aSinglePointIsADot() {
    String html =
        new SvgChart("loss", "step", false)
            .add("a", new double[] {0, 2}, new double[] {0, 1})
            .add("b", new double[] {1}, new double[] {0.5})
            .html();
    assertTrue(html.contains("points=\"500.0,500.0 500.0,500.0\""), html);
  }

  @Test
  void whatHasNoLogarithmIsLeftOut() {
    String html =
        new SvgChart("loss", "step", true)
            .add("a", new double[] {0, 1, 2, 3}, new double[] {100, 0, Double.NaN, 1})
            .html();
    assertTrue(html.contains("points=\"0.0,0.0 1000.0,1000.0\""), html);
    assertFalse(html.contains("NaN"), html);
    String empty = new SvgChart("loss", "step", true).add("a", new double[0], new double[0]).html();
    assertTrue(empty.contains("nothing logged"), empty);
  }
}
