package io.lockstep.model.network;

import io.lockstep.model.config.TextConfig;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.RowProducts;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of one sequence's tokens, laid out for {@link RowProducts}: of each layer and
 * key-value head the keys of 256 tokens at a time [d, 256], and the values [tokens, d], where d is
 * the head size, rounded up for values.
 */
public final class SequenceCache implements AutoCloseable {

  private final Arena arena = Arena.ofShared();
  private final int capacity;
  private final int headDim;
  private final int valueWidth;
  private final int rounded;
  private final List<Buffer> keys = new ArrayList<>();
  private final List<Buffer> values = new ArrayList<>();
  private int length;

  /**
   * An empty cache.
   *
   * @param capacity most tokens that the sequence will have
   */
  SequenceCache(TextConfig config, int capacity) {
    this.capacity = capacity;
    headDim = config.headDim();
    valueWidth = RowProducts.rounded(headDim);
    rounded = Math.ceilDiv(Math.max(1, capacity), RowProducts.PANEL) * RowProducts.PANEL;
    for (int layer = 0; layer < config.layers(); layer++) {
      keys.add(room((long) config.kvHeads() * rounded * headDim));
      values.add(room((long) config.kvHeads() * rounded * valueWidth));
    }
  }

  private Buffer room(long floats) {
    return Buffer.onHost(arena, Dtype.FLOAT32, floats);
  }

  /** Tokens whose keys and values are kept. */
  public int length() {
    return length;
  }

  /** Tokens that there is room for. */
  public int capacity() {
    return capacity;
  }

  /**
   * Forgets the last tokens.
   *
   * @param tokens that stay
   */
  public void truncate(int tokens) {
    if (tokens < 0 || tokens > length) {
      throw new IllegalArgumentException(
          "%d tokens can't stay of a sequence of %d".formatted(tokens, length));
    }
    length = tokens;
  }

  /**
   * Requires room for further tokens.
   *
   * @throws IllegalStateException if there is none
   */
  void require(int tokens) {
    if (length + tokens > capacity) {
      throw new IllegalStateException(
          "the cache holds %d tokens a row, %d are needed".formatted(capacity, length + tokens));
    }
  }

  /** Ends a pass that has kept so many further tokens in all layers. */
  void advance(int tokens) {
    length += tokens;
  }

  /** Values of a token's value, from one token to the next. */
  int valueWidth() {
    return valueWidth;
  }

  /** The keys of the panel that a token belongs to, [d, 256]. */
  Buffer keys(int layer, int head, int token) {
    long panel = (long) head * (rounded / RowProducts.PANEL) + token / RowProducts.PANEL;
    long size = (long) headDim * RowProducts.PANEL;
    return keys.get(layer).slice(panel * size, size);
  }

  /** A head's values, [tokens, d]. */
  Buffer values(int layer, int head) {
    long size = (long) rounded * valueWidth;
    return values.get(layer).slice(head * size, size);
  }

  @Override
  public void close() {
    arena.close();
  }
}
