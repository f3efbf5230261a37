package io.lockstep.data.augment.pixels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.image.RgbImage;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Fixed-point pixels against the formulas in floating point. */
class ResamplerTest {

  private static RgbImage noise(RandomGenerator random, int width, int height) {
    byte[] rgb = new byte[width * height * 3];
    random.nextBytes(rgb);
    return new RgbImage(width, height, rgb);
  }

  @Test
  void everyPixelIsTheWeightedMeanOfItsTriangle() {
    for (int seed = 0; seed < 200; seed++) {
      RandomGenerator random = new SplittableRandom(seed);
      RgbImage in = noise(random, random.nextInt(1, 40), random.nextInt(1, 30));
      Frame frame = new Frame(random.nextInt(1, 60), random.nextInt(1, 60));
      RgbImage out = Resampler.resize(in, frame);

      assertEquals(frame, new Frame(out.width(), out.height()));
      for (int i = 0; i < 20; i++) {
        int x = random.nextInt(frame.width());
        int y = random.nextInt(frame.height());
        int channel = random.nextInt(3);
        double expected = 0;
        double[] across = triangle(in.width(), frame.width(), x);
        double[] down = triangle(in.height(), frame.height(), y);
        for (int v = 0; v < in.height(); v++) {
          for (int u = 0; u < in.width(); u++) {
            expected += down[v] * across[u] * (in.rgb()[(v * in.width() + u) * 3 + channel] & 0xFF);
          }
        }
        assertEquals(expected, out.rgb()[(y * out.width() + x) * 3 + channel] & 0xFF, 2.5);
      }
    }
  }

  private static double[] triangle(int from, int to, int at) {
    double scale = (double) from / to;
    double reach = Math.max(1, scale);
    double[] weights = new double[from];
    double sum = 0;
    for (int k = 0; k < from; k++) {
      weights[k] = Math.max(0, 1 - Math.abs((k + 0.5 - (at + 0.5) * scale) / reach));
      sum += weights[k];
    }
    for (int k = 0; k < from; k++) {
      weights[k] /= sum;
    }
    return weights;
  }

  @Test
  void everyWarpedPixelIsInterpolatedBetweenFour() {
    for (int seed = 0; seed < 300; seed++) {
      RandomGenerator random = new SplittableRandom(seed);
      RgbImage in = noise(random, random.nextInt(1, 40), random.nextInt(1, 30));
      Frame frame = new Frame(random.nextInt(1, 50), random.nextInt(1, 50));
      Affine map =
          Affine.scaling(random.nextDouble(0.9, 2), random.nextDouble(-2, -0.9))
              .then(Affine.rotation(random.nextInt(3) == 0 ? 90 : random.nextDouble(360)))
              .then(Affine.translation(random.nextDouble(-9, 40), random.nextDouble(-9, 40)));
      RgbImage out = Warp.apply(in, map, frame);

      for (int i = 0; i < 40; i++) {
        int x = random.nextInt(frame.width());
        int y = random.nextInt(frame.height());
        double expected = interpolated(in, map, x, y);
        int actual = out.rgb()[(y * frame.width() + x) * 3 + 1] & 0xFF;
        int at = seed;
        assertTrue(
            Math.abs(expected - actual) <= 2.5,
            () -> "seed %d: (%d, %d) is %d, not %.2f".formatted(at, x, y, actual, expected));
      }
    }
  }

  private static double interpolated(RgbImage in, Affine map, int x, int y) {
    var place = map.inverse().apply(new Point(x + 0.5, y + 0.5));
    double u = place.x() - 0.5;
    double v = place.y() - 0.5;
    int left = (int) Math.floor(u);
    int top = (int) Math.floor(v);
    double above = mean(level(in, left, top), level(in, left + 1, top), u - left);
    double below = mean(level(in, left, top + 1), level(in, left + 1, top + 1), u - left);
    return mean(above, below, v - top);
  }

  private static double mean(double a, double b, double t) {
    return a + (b - a) * t;
  }

  private static double level(RgbImage in, int x, int y) {
    boolean inside = x >= 0 && y >= 0 && x < in.width() && y < in.height();
    return inside ? in.rgb()[(y * in.width() + x) * 3 + 1] & 0xFF : Fill.LEVEL;
  }
}
