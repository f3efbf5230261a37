package io.lockstep.verdict.calibration;

import java.util.List;

/**
 * What is known of a decision when its label is told.
 *
 * @param name examples of one name are never learned from to tell of each other
 * @param features what is there
 * @param share of votes for the positive class, 0 to 1
 * @param positive the label
 */
public record Example(String name, List<String> features, double share, boolean positive) {
  public Example {
    features = List.copyOf(features);
  }
}
