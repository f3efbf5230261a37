package io.lockstep.data.augment.colour;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.image.RgbImage;

/**
 * Stretches each channel so that it reaches from 0 to 255.
 *
 * @param cutoffs percent of the darkest and of the brightest pixels that are left out of account,
 *     one of which is drawn
 */
@Key("Stretches each channel so that it reaches from 0 to 255.")
public record AutoContrast(
    @Key(
            name = "cutoff",
            value =
                "Percent of the darkest and of the brightest pixels that are left out of account, one of which is drawn.",
            otherwise = "[0, 2]",
            min = 0,
            max = 49)
        Interval cutoffs)
    implements ColourOperator {

  private static final double PERCENT = 100;

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
