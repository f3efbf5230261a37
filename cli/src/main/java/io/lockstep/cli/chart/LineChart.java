package io.lockstep.cli.chart;

import io.lockstep.datatools.overlay.ShippedFonts;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** One curve over one axis, with its moving mean. */
public final class LineChart {

  private static final int WIDTH = 900;
  private static final int HEIGHT = 420;

  private LineChart() {}

  /** Writes the curve through {@code (x[i], y[i])} to {@code png}. */
  public static void write(
      Path png, String title, String xLabel, String yLabel, double[] x, double[] y)
      throws IOException {
    ShippedFonts.use();
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .theme(ChartTheme.Matlab)
            .title(title)
            .xAxisTitle(xLabel)
            .yAxisTitle(yLabel)
            .build();
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setPlotGridLinesColor(new Color(0xE3, 0xE6, 0xEA));
    chart.getStyler().setXAxisDecimalPattern("#,##0");
    addSeries(chart, "value", x, y, new Color(0xA9, 0xC4, 0xE6), 1f);
    addSeries(chart, "mean", x, movingMean(y), new Color(0x1F, 0x5F, 0xB4), 2.4f);
    BitmapEncoder.saveBitmap(chart, png.toString(), BitmapFormat.PNG);
  }

  private static void addSeries(
      XYChart chart, String name, double[] x, double[] y, Color color, float width) {
    var series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(width));
  }

  /** Mean over a centred window of a twentieth of the curve. */
  public static double[] movingMean(double[] y) {
    int reach = Math.max(1, y.length / 40);
    double[] sums = new double[y.length + 1];
    for (int i = 0; i < y.length; i++) {
      sums[i + 1] = sums[i] + y[i];
    }
    double[] means = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      int from = Math.max(0, i - reach);
      int to = Math.min(y.length, i + reach + 1);
      means[i] = (sums[to] - sums[from]) / (to - from);
    }
    return means;
  }
}
