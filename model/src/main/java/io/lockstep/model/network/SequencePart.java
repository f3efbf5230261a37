package io.lockstep.model.network;

import org.jspecify.annotations.Nullable;

/** Further tokens of a sequence, for one pass of the {@link PackedTransformer}. */
public final class SequencePart {

  private final SequenceCache cache;
  private final int[] tokens;
  private final long[] positions;
  private final @Nullable PictureFeatures features;
  private final int firstFeature;
  private final boolean ends;

  private SequencePart(
      SequenceCache cache,
      int[] tokens,
      long[] positions,
      @Nullable PictureFeatures features,
      int firstFeature,
      boolean ends) {
    this.cache = cache;
    this.tokens = tokens;
    this.positions = positions;
    this.features = features;
    this.firstFeature = firstFeature;
    this.ends = ends;
  }

  /**
   * Tokens of a prompt.
   *
   * @param cache holds the tokens before them
   * @param positions on the three axes, [3, tokens]
   * @param features of all pictures of the prompt, if it has some
   * @param firstFeature placeholders of the prompt before these tokens
   * @param ends whether the logits after the last of them are wanted
   */
  public static SequencePart of(
      SequenceCache cache,
      int[] tokens,
      long[] positions,
      @Nullable PictureFeatures features,
      int firstFeature,
      boolean ends) {
    if (positions.length != 3 * tokens.length) {
      throw new IllegalArgumentException(
          "%d tokens have %d positions".formatted(tokens.length, positions.length));
    }
    return new SequencePart(cache, tokens, positions, features, firstFeature, ends);
  }

  /** One token of an answer, at a position that is equal on all axes. */
  public static SequencePart next(SequenceCache cache, int token, long position) {
    return new SequencePart(
        cache, new int[] {token}, new long[] {position, position, position}, null, 0, true);
  }

  SequenceCache cache() {
    return cache;
  }

  /** How many tokens. */
  public int size() {
    return tokens.length;
  }

  int token(int index) {
    return tokens[index];
  }

  long position(int axis, int index) {
    return positions[axis * tokens.length + index];
  }

  @Nullable PictureFeatures features() {
    return features;
  }

  int firstFeature() {
    return firstFeature;
  }

  /** Whether the logits after the last token are wanted. */
  public boolean ends() {
    return ends;
  }
}
