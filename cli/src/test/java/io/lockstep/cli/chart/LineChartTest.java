package io.lockstep.cli.chart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineChartTest {

  @Test
  void aCurveIsWrittenAsAReadablePicture(@TempDir Path folder) throws IOException {
    double[] steps = IntStream.range(1, 101).asDoubleStream().toArray();
    double[] losses = IntStream.range(1, 101).mapToDouble(i -> 5.0 / i).toArray();
    Path png = folder.resolve("loss.png");
    LineChart.write(png, "Loss", "step", "nats", steps, losses);
    BufferedImage image = ImageIO.read(png.toFile());
    long colours =
        IntStream.range(0, image.getWidth()).map(x -> image.getRGB(x, 200)).distinct().count();
    assertTrue(image.getWidth() >= 600 && colours > 2, () -> colours + " colours");
  }

  @Test
  void theMeanSmoothsWithoutShiftingTheEnds() {
    assertArrayEquals(
        new double[] {1.5, 2, 3, 3.5}, LineChart.movingMean(new double[] {1, 2, 3, 4}));
  }
}
