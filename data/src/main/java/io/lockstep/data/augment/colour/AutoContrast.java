package io.lockstep.data.augment.colour;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Interval;
import io.lockstep.data.parameter.Parameter;

/**
 * Stretches each channel so that it reaches from 0 to 255.
 *
 * @param cutoffs percent of the darkest and of the brightest pixels that are left out of account,
 *     one of which is drawn
 */
public record AutoContrast(Interval cutoffs) implements ColourOperator {

  public static final OperatorType TYPE =
      OperatorType.colour(
          "auto_contrast", AutoContrast::of, Parameter.interval("cutoff", 0, 2, 0, 49));

  private static final double PERCENT = 100;

  private static AutoContrast of(Arguments arguments) {
    return new AutoContrast(arguments.interval("cutoff"));
  }

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    int[][] histograms = new int[CHANNELS][Levels.COUNT];
    byte[] rgb = picture.rgb();
    for (int i = 0; i < rgb.length; i += CHANNELS) {
      histograms[0][rgb[i] & 0xFF]++;
      histograms[1][rgb[i + 1] & 0xFF]++;
      histograms[2][rgb[i + 2] & 0xFF]++;
    }
    long leftOut = (long) (picture.width() * (long) picture.height() * draws.in(cutoffs) / PERCENT);
    return Levels.mapped(
        picture,
        stretch(histograms[0], leftOut),
        stretch(histograms[1], leftOut),
        stretch(histograms[2], leftOut));
  }

  private static byte[] stretch(int[] histogram, long leftOut) {
    int low = 0;
    for (long seen = histogram[0]; seen <= leftOut && low < Levels.MOST; ) {
      seen += histogram[++low];
    }
    int high = Levels.MOST;
    for (long seen = histogram[high]; seen <= leftOut && high > 0; ) {
      seen += histogram[--high];
    }
    int from = low;
    int range = high - low;
    return Levels.table(
        level -> range <= 0 ? level : (double) (level - from) * Levels.MOST / range);
  }
}
