package io.lockstep.cli.chart;

import io.lockstep.datatools.overlay.ShippedFonts;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
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
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Curves of two units over one axis: solid blue ones are read on the left, dashed red ones on the
 * right, and each axis has the colour of its curves.
 */
public final class TwoAxisChart {

  private static final int WIDTH = 1000;
  private static final int HEIGHT = 600;
  private static final int LEFT = 0;
  private static final int RIGHT = 1;
  private static final float LINE_WIDTH = 2.6f;
  private static final float[] DASH = {8, 5};
  private static final int MARKER_SIZE = 9;
  private static final int LEAST_TICK_GAP = 55;
  private static final Color[] BLUES = {new Color(0x1F, 0x5F, 0xB4), new Color(0x6F, 0xA8, 0xDC)};
  private static final Color[] REDS = {new Color(0xC0, 0x39, 0x2B), new Color(0xE5, 0x98, 0x66)};
  private static final Color GRID = new Color(0xDD, 0xE1, 0xE6);
  private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 17);
  private static final Font LABEL = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
  private static final Font TICK = new Font(Font.SANS_SERIF, Font.PLAIN, 13);

  private final XYChart chart;
  private final double[] x;
  private int lefts;
  private int rights;

  /**
   * An empty chart.
   *
   * @param x the points, ascending
   */
  public TwoAxisChart(String title, String xLabel, double[] x) {
    this.x = x.clone();
    chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .theme(ChartTheme.XChart)
            .title(title)
            .xAxisTitle(xLabel)
            .build();
    XYStyler styler = chart.getStyler();
    styler.setChartBackgroundColor(Color.WHITE).setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(GRID).setPlotGridVerticalLinesVisible(false);
    styler.setChartTitleBoxVisible(false).setChartTitleFont(TITLE);
    styler.setAxisTitleFont(LABEL).setAxisTickLabelsFont(TICK);
    styler.setLegendPosition(LegendPosition.OutsideS).setLegendLayout(LegendLayout.Horizontal);
    styler.setLegendBorderColor(Color.WHITE).setLegendFont(LABEL);
    styler.setXAxisDecimalPattern("0.####").setMarkerSize(MARKER_SIZE);
    styler.setXAxisTickMarkSpacingHint(LEAST_TICK_GAP);
    styler.setYAxisGroupPosition(RIGHT, YAxisPosition.Right);
  }

  /** Names the left axis and sets its range. */
  public TwoAxisChart left(String label, double min, double max) {
    axis(LEFT, label, BLUES[0]);
    chart.getStyler().setYAxisMin(LEFT, min);
    chart.getStyler().setYAxisMax(LEFT, max);
    return this;
  }

  /** Names the right axis, which begins at 0. */
  public TwoAxisChart right(String label, double max) {
    axis(RIGHT, label, REDS[0]);
    chart.getStyler().setYAxisMin(RIGHT, 0.0);
    chart.getStyler().setYAxisMax(RIGHT, max);
    return this;
  }

  private void axis(int group, String label, Color color) {
    chart.setYAxisGroupTitle(group, label);
    chart.getStyler().setYAxisGroupTitleColor(group, color);
    chart.getStyler().setYAxisGroupTickLabelsColorMap(group, color);
    chart.getStyler().setYAxisGroupTickMarksColorMap(group, color);
  }

  /** Adds a curve that is read on the left; a point that is not a number is left out. */
  public TwoAxisChart addLeft(String name, double[] y) {
    add(name, y, LEFT, BLUES[lefts++ % BLUES.length], new BasicStroke(LINE_WIDTH));
    return this;
  }

  /** Adds a curve that is read on the right; a point that is not a number is left out. */
  public TwoAxisChart addRight(String name, double[] y) {
    BasicStroke dashed =
        new BasicStroke(LINE_WIDTH, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, DASH, 0);
    add(name, y, RIGHT, REDS[rights++ % REDS.length], dashed);
    return this;
  }

  /** Writes the chart as PNG. */
  public void write(Path png) throws IOException {
    ShippedFonts.use();
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
