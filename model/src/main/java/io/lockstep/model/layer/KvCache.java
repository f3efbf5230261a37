package io.lockstep.model.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.lockstep.model.config.TextConfig;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values of the tokens seen so far, one pair of buffers [B, k, capacity, d] a layer; no
 * gradients.
 */
public final class KvCache implements AutoCloseable {

  private final Scope scope;
  private final int capacity;
  private final List<Entry> buffers = new ArrayList<>();
  private int length;
  private int pending;

  /** Keys and values, [B, k, tokens, d] each. */
  record Entry(NDArray keys, NDArray values) {}

  /**
   * An empty cache.
   *
   * @param type of keys and values
   * @param rows rows of the batch
   * @param capacity most tokens a row will ever have, padding included
   */
  public KvCache(TextConfig config, Dtype type, int rows, int capacity) {
    this.scope = Scope.lasting();
    this.capacity = capacity;
    for (int layer = 0; layer < config.layers(); layer++) {
      buffers.add(new Entry(buffer(config, type, rows), buffer(config, type, rows)));
    }
  }

  private NDArray buffer(TextConfig config, Dtype type, int rows) {
    return scope.zeros(type, rows, config.kvHeads(), capacity, config.headDim());
  }

  /** Tokens stored for every row, padding included. */
  public int length() {
    return length;
  }

  /** Stores the keys and values of new tokens and returns those of all tokens so far. */
  Entry append(int layer, NDArray keys, NDArray values) {
    int tokens = Math.toIntExact(keys.getShape().get(2));
    int end = place(tokens) + tokens;
    Entry buffer = buffers.get(layer);
    NDIndex place = new NDIndex(":, :, {}:{}", length, end);
    NDIndex all = new NDIndex(":, :, :{}", end);
    Ops.copyInto(buffer.keys().get(place), keys);
    Ops.copyInto(buffer.values().get(place), values);
    return new Entry(buffer.keys().get(all), buffer.values().get(all));
  }

  /** Tokens that there is room for in each row. */
  public int capacity() {
    return capacity;
  }

  /** The keys of a layer, [B, k, capacity, d]. */
  public Buffer keys(int layer) {
    return Buffer.of(buffers.get(layer).keys());
  }

  /** The values of a layer, [B, k, capacity, d]. */
  public Buffer values(int layer) {
    return Buffer.of(buffers.get(layer).values());
  }

  /** Where new tokens' keys and values go, for who writes them itself, before {@link #advance}. */
  public int place(int tokens) {
    if (length + tokens > capacity) {
      throw new IllegalStateException(
          "the cache holds " + capacity + " tokens a row, " + (length + tokens) + " are needed");
    }
    pending = tokens;
    return length;
  }

  /** Ends a pass through all layers. */
  public void advance() {
    length += pending;
    pending = 0;
  }

  @Override
  public void close() {
    scope.close();
  }
}
