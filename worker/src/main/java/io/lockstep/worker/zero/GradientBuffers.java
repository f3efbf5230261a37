package io.lockstep.worker.zero;

import ai.djl.ndarray.NDArray;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Flat gradient buffers that are used again and again: a run allocates as many as it once needed at
 * the same time.
 */
public final class GradientBuffers implements AutoCloseable {

  private final Scope scope = Scope.lasting();
  private final long floats;
  private final List<NDArray> all = new ArrayList<>();
  private final Deque<NDArray> free = new ArrayDeque<>();

  /** Buffers of that many values. */
  public GradientBuffers(long floats) {
    this.floats = floats;
  }

  /**
   * A buffer; its gaps between parameters are zero, the rest has to be written. What is written has
   * to be committed before ({@link Buffer#commit}).
   */
  public NDArray acquire() {
    NDArray buffer = free.poll();
    if (buffer == null) {
      buffer = scope.sparse(Dtype.FLOAT32, floats);
      all.add(buffer);
    }
    return buffer;
  }

  /** Gives the memory of buffers that nobody uses now back. */
  public void discardUnused() {
    free.forEach(buffer -> Buffer.of(buffer).discard());
  }

  /** Gives a buffer back. */
  private void release(NDArray buffer) {
    free.push(buffer);
  }

  /** Takes all buffers back: a new step begins. */
  public void reset() {
    free.clear();
    all.reversed().forEach(free::push);
  }

  /** Adds the right buffer to the left one, gives the right one back and returns the left. */
  public NDArray sum(NDArray left, NDArray right) {
    Buffer.of(left).commit();
    Buffer.of(right).commit();
    Ops.addInPlace(left, right);
    release(right);
    return left;
  }

  @Override
  public void close() {
    scope.close();
  }
}
