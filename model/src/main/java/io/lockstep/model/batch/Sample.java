package io.lockstep.model.batch;

import io.lockstep.model.image.Patches;
import java.util.Arrays;
import java.util.List;

/**
 * One row before it joins a batch.
 *
 * @param name how errors call it
 * @param tokens token ids, with one placeholder per merged vision embedding
 * @param labels the token wanted at each position, {@link #IGNORED} where nothing is learned
 * @param images pictures in the order of their placeholders
 */
@SuppressWarnings("ArrayRecordComponent")
public record Sample(String name, int[] tokens, int[] labels, List<Patches> images) {

  /** Label of a position that does not count. */
  public static final int IGNORED = -100;

  /** Checks the lengths. */
  public Sample {
    images = List.copyOf(images);
    if (tokens.length != labels.length || tokens.length == 0) {
      throw new IllegalArgumentException(
          "%s has %d tokens and %d labels; both must be equal and at least 1"
              .formatted(name, tokens.length, labels.length));
    }
  }

  /** A row from which nothing is learned, to be continued by generation. */
  public static Sample prompt(String name, int[] tokens, List<Patches> images) {
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, IGNORED);
    return new Sample(name, tokens, labels, images);
  }
}
