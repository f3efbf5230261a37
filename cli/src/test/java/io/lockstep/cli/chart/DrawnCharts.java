package io.lockstep.cli.chart;

import io.lockstep.datatools.overlay.Note;
import io.lockstep.datatools.overlay.Overlay;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A process that draws one of everything, with a text in it. */
final class DrawnCharts {

  private DrawnCharts() {}

  /** Draws into the folder that the first argument names; the second is the text. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    String text = arguments[1];
    double[] x = {1, 2, 3};
    LineChart.write(folder.resolve("line.png"), text, "step", "nats", x, x);
    BarChart.write(
        folder.resolve("bars.png"),
        List.of(new BarChart("kinds", "count", List.of(text, "other"), List.of(3L, 4L))));
    new TwoAxisChart(text, "share", x)
        .left("right, %", 0, 4)
        .right("cost", 4)
        .addLeft("rising", x)
        .addRight("dear", x)
        .write(folder.resolve("axes.png"));
    BufferedImage picture = new BufferedImage(96, 96, BufferedImage.TYPE_INT_RGB);
    List<Note> notes = List.of(new Note("truth", text, Note.Mark.NONE));
    Overlay.write(Overlay.create().draw(picture, List.of(), notes), folder.resolve("overlay.png"));
  }
}
