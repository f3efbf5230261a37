package io.lockstep.worker.checkpoint;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.TensorMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A copy in host memory of what a rank writes of a checkpoint. The memory is used again from
 * checkpoint to checkpoint and grows only if a rank comes to own more.
 */
public final class Snapshot implements AutoCloseable {

  private static final long ALIGNMENT = 64;

  private final ParameterLayout layout;
  private @Nullable Parameters trained;
  private Arena arena = Arena.ofShared();
  private MemorySegment room = MemorySegment.NULL;
  private Moments moments = new Moments(0, MemorySegment.NULL, MemorySegment.NULL);

  Snapshot(ParameterLayout layout) {
    this.layout = layout;
  }

  /**
   * Copies.
   *
   * @param flat the trained parameters' flat buffer; null if this rank doesn't write them, which
   *     frees the memory for them
   */
  void take(@Nullable MemorySegment flat, Moments live) {
    if (flat == null) {
      freeTrained();
    } else {
      Parameters copy = trained;
      if (copy == null) {
        copy = new Parameters(layout);
        trained = copy;
      }
      TensorMemory.of(copy.flat()).copyFrom(flat);
    }
    long bytes = live.mean().byteSize();
    if (room.byteSize() < 2 * bytes) {
      arena.close();
      arena = Arena.ofShared();
      room = arena.allocate(2 * bytes, ALIGNMENT);
    }
    moments =
        new Moments(
            live.start(),
            room.asSlice(0, bytes).copyFrom(live.mean()),
            room.asSlice(bytes, bytes).copyFrom(live.meanSquare()));
  }

  /** The copied parameters; null if this rank doesn't write them. */
  @Nullable Parameters trained() {
    return trained;
  }

  /** The copied moments. */
  Moments moments() {
    return moments;
  }

  private void freeTrained() {
    Parameters copy = trained;
    trained = null;
    if (copy != null) {
      copy.close();
    }
  }

  @Override
  public void close() {
    freeTrained();
    arena.close();
  }
}
