package io.lockstep.model.budget;

import io.lockstep.model.image.Patches;

/**
 * How much happens in the square of pixels behind each vision token: the variance of the normalised
 * pixel values, summed over the colour channels.
 *
 * <p>Plain Java arithmetic in one order: the same picture has the same scores everywhere.
 */
final class LocalContrast {

  private static final int CHANNELS = 3;

  private LocalContrast() {}

  /** One score for each token, in order; 0 exactly for a square of one colour. */
  static double[] of(Patches picture, int mergeSize) {
    int patches = mergeSize * mergeSize;
    int tokens = picture.grid().tokens(mergeSize);
    int values = picture.pixels().length / picture.grid().patches();
    double[] scores = new double[tokens];
    for (int token = 0; token < tokens; token++) {
      int first = token * patches * values;
      for (int channel = 0; channel < CHANNELS; channel++) {
        scores[token] +=
            variance(picture.pixels(), first + channel * values / CHANNELS, patches, values);
      }
    }
    return scores;
  }

  /** Variance over the values of one channel of consecutive patches. */
  private static double variance(float[] pixels, int first, int patches, int values) {
    int ofChannel = values / CHANNELS;
    // Differences from one pixel leave nothing to round where all pixels are equal.
    double origin = pixels[first];
    double sum = 0;
    double squares = 0;
    for (int patch = 0; patch < patches; patch++) {
      int begin = first + patch * values;
      for (int at = begin; at < begin + ofChannel; at++) {
        double difference = pixels[at] - origin;
        sum += difference;
        squares += difference * difference;
      }
    }
    double count = (double) patches * ofChannel;
    double mean = sum / count;
    return squares / count - mean * mean;
  }
}
