package io.lockstep.model.batch;

import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.image.Patches;
import io.lockstep.tensor.Dtype;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One row before it joins a batch.
 *
 * @param name how errors call it
 * @param tokens token ids, with one placeholder per kept vision token
 * @param labels the token wanted at each position, {@link #IGNORED} where nothing is learned
 * @param images pictures in the order of their placeholders
 * @param kept which vision tokens each picture keeps; empty if all pictures keep all
 * @param truth the objects of its only picture; absent if they are not known
 * @param marks what is known of each token besides, {@link Marks}; empty if that is nothing
 */
@SuppressWarnings("ArrayRecordComponent")
public record Sample(
    String name,
    int[] tokens,
    int[] labels,
    List<Patches> images,
    List<KeptTokens> kept,
    Optional<Truth> truth,
    byte[] marks) {

  /** Label of a position that does not count. */
  public static final int IGNORED = -100;

  /** Checks the lengths. */
  public Sample {
    images = List.copyOf(images);
    kept = List.copyOf(kept);
    if (tokens.length != labels.length || tokens.length == 0) {
      throw new IllegalArgumentException(
          "%s has %d tokens and %d labels; both must be equal and at least 1"
              .formatted(name, tokens.length, labels.length));
    }
    if (marks.length != 0 && marks.length != tokens.length) {
      throw new IllegalArgumentException(
          "%s has %d tokens and %d marks".formatted(name, tokens.length, marks.length));
    }
    if (!kept.isEmpty() && kept.size() != images.size()) {
      throw new IllegalArgumentException(
          "%s has %d pictures but says for %d what they keep"
              .formatted(name, images.size(), kept.size()));
    }
    if (truth.isPresent() && images.size() != 1) {
      throw new IllegalArgumentException(
          "%s has %d pictures: objects are learned of samples with one picture alone"
              .formatted(name, images.size()));
    }
  }

  /** A row of whose picture no objects are known. */
  public Sample(
      String name,
      int[] tokens,
      int[] labels,
      List<Patches> images,
      List<KeptTokens> kept,
      byte[] marks) {
    this(name, tokens, labels, images, kept, Optional.empty(), marks);
  }

  /** A row of whose picture no objects are known, and nothing more of its tokens. */
  public Sample(
      String name, int[] tokens, int[] labels, List<Patches> images, List<KeptTokens> kept) {
    this(name, tokens, labels, images, kept, Optional.empty(), new byte[0]);
  }

  /** A row whose pictures keep all their vision tokens. */
  public Sample(String name, int[] tokens, int[] labels, List<Patches> images) {
    this(name, tokens, labels, images, List.of());
  }

  /** The same row with the objects of its only picture. */
  public Sample withTruth(Truth objects) {
    return new Sample(name, tokens, labels, images, kept, Optional.of(objects), marks);
  }

  /** A row from which nothing is learned, to be continued by generation. */
  public static Sample prompt(
      String name, int[] tokens, List<Patches> images, List<KeptTokens> kept) {
    int[] labels = new int[tokens.length];
    Arrays.fill(labels, IGNORED);
    return new Sample(name, tokens, labels, images, kept);
  }

  /** As above, with pictures that keep all their vision tokens. */
  public static Sample prompt(String name, int[] tokens, List<Patches> images) {
    return prompt(name, tokens, images, List.of());
  }

  /** The same row with another token, from which nothing is learned, at its end. */
  public Sample extended(int token) {
    int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
    longer[tokens.length] = token;
    int[] longerLabels = Arrays.copyOf(labels, tokens.length + 1);
    longerLabels[tokens.length] = IGNORED;
    byte[] longerMarks = marks.length == 0 ? marks : Arrays.copyOf(marks, longer.length);
    return new Sample(name, longer, longerLabels, images, kept, truth, longerMarks);
  }

  /** What it holds in memory, about. */
  public long bytes() {
    long values =
        tokens.length
            + labels.length
            + images.stream().map(Patches::pixels).mapToLong(p -> p.length).sum();
    return Dtype.FLOAT32.bytes(values);
  }

  /**
   * What each picture keeps.
   *
   * @param mergeSize side, in patches, of the square that becomes one token
   */
  List<KeptTokens> keptOfEach(int mergeSize) {
    return kept.isEmpty()
        ? images.stream().map(i -> KeptTokens.all(i.grid().tokens(mergeSize))).toList()
        : kept;
  }
}
