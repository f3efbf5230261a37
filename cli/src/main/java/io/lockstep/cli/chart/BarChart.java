package io.lockstep.cli.chart;

import io.lockstep.datatools.overlay.ShippedFonts;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler.ChartTheme;

/** Counts by category. */
public final class BarChart {

  private static final int WIDTH = 900;
  private static final int HEIGHT = 360;
  private static final double BAR_SHARE = 0.8;

  /** More characters than this in all labels would touch each other. */
  private static final int MOST_UPRIGHT = 90;

  private static final int SLANT_DEGREES = 40;

  private final CategoryChart chart;

  /** Bars of height {@code counts[i]} labelled {@code labels[i]}. */
  public BarChart(String title, String xLabel, List<?> labels, List<Long> counts) {
    chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .theme(ChartTheme.Matlab)
            .title(title)
            .xAxisTitle(xLabel)
            .yAxisTitle("count")
            .build();
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setAvailableSpaceFill(BAR_SHARE);
    chart.getStyler().setPlotGridLinesColor(new Color(0xE3, 0xE6, 0xEA));
    if (labels.stream().mapToInt(label -> label.toString().length()).sum() > MOST_UPRIGHT) {
      chart.getStyler().setXAxisLabelRotation(SLANT_DEGREES);
    }
    chart.addSeries("count", labels, counts).setFillColor(new Color(0x1F, 0x5F, 0xB4));
  }

  /** Writes charts below each other into one PNG file. */
  public static void write(Path png, List<BarChart> charts) throws IOException {
    ShippedFonts.use();
    BitmapEncoder.saveBitmap(
        charts.stream().map(bar -> bar.chart).toList(),
        charts.size(),
        1,
        png.toString(),
        BitmapFormat.PNG);
  }
}
