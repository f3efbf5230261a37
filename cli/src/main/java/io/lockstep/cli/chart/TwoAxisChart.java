package io.lockstep.cli.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.Styler.YAxisPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Curves of two units over one axis: solid ones read on the left, dashed ones on the right. */
public final class TwoAxisChart {

  private static final int WIDTH = 900;
  private static final int HEIGHT = 480;
  private static final int LEFT = 0;
  private static final int RIGHT = 1;
  private static final float LINE_WIDTH = 2.4f;
  private static final float[] DASH = {7, 5};
  private static final Color[] BLUES = {new Color(0x1F, 0x5F, 0xB4), new Color(0x6F, 0xA8, 0xDC)};
  private static final Color[] REDS = {new Color(0xC0, 0x39, 0x2B), new Color(0xE5, 0x98, 0x66)};

  private final XYChart chart;
  private final double[] x;
  private int lefts;
  private int rights;

  /** An empty chart over the points {@code x}, ascending. */
  public TwoAxisChart(String title, String xLabel, double[] x) {
    this.x = x.clone();
    chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .theme(ChartTheme.Matlab)
            .title(title)
            .xAxisTitle(xLabel)
            .build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
    chart.getStyler().setPlotGridLinesColor(new Color(0xE3, 0xE6, 0xEA));
    chart.getStyler().setXAxisDecimalPattern("0.00");
    chart.getStyler().setYAxisGroupPosition(RIGHT, YAxisPosition.Right);
  }

  /** Names the left axis and sets its range. */
  public TwoAxisChart left(String label, double min, double max) {
    chart.setYAxisGroupTitle(LEFT, label);
    chart.getStyler().setYAxisMin(LEFT, min);
    chart.getStyler().setYAxisMax(LEFT, max);
    return this;
  }

  /** Names the right axis, which begins at 0. */
  public TwoAxisChart right(String label) {
    chart.setYAxisGroupTitle(RIGHT, label);
    chart.getStyler().setYAxisMin(RIGHT, 0.0);
    return this;
  }

  /** Adds a curve that is read on the left. */
  public TwoAxisChart addLeft(String name, double[] y) {
    Color color = BLUES[lefts++ % BLUES.length];
    add(name, y, LEFT, color, new BasicStroke(LINE_WIDTH));
    return this;
  }

  /** Adds a curve that is read on the right. */
  public TwoAxisChart addRight(String name, double[] y) {
    Color color = REDS[rights++ % REDS.length];
    add(
        name,
        y,
        RIGHT,
        color,
        new BasicStroke(LINE_WIDTH, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, DASH, 0));
    return this;
  }

  /** Writes the chart as PNG. */
  public void write(Path png) throws IOException {
    BitmapEncoder.saveBitmap(chart, png.toString(), BitmapFormat.PNG);
  }

  private void add(String name, double[] y, int axis, Color color, BasicStroke stroke) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setYAxisGroup(axis);
    series.setLineColor(color);
    series.setLineStyle(stroke);
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setMarkerColor(color);
  }
}
