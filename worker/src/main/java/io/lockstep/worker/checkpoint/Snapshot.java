package io.lockstep.worker.checkpoint;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * A copy of what a rank writes of a checkpoint: parameters where models compute, for they are
 * certified as well, moments in host memory. The memory is used again from checkpoint to checkpoint
 * and grows only if a rank comes to own more.
 */
public final class Snapshot implements AutoCloseable {

  private final ParameterLayout layout;
  private @Nullable Parameters trained;
  private Arena arena = Arena.ofShared();
  private Buffer room = Buffer.onHost(arena, Dtype.FLOAT32, 0);
  private Moments moments = new Moments(0, room, room);

  /** A snapshot of parameters of a layout, with no room yet. */
  public Snapshot(ParameterLayout layout) {
    this.layout = layout;
  }

  /**
   * Copies.
   *
   * @param flat the trained parameters' flat buffer; null if this rank doesn't write them, which
   *     frees the memory for them
   */
  public void take(@Nullable Buffer flat, Moments live) {
    if (flat == null) {
      freeTrained();
    } else {
      Parameters copy = trained;
      if (copy == null) {
        copy = new Parameters(layout);
        trained = copy;
      }
      var _ = Buffer.of(copy.flat()).copyFrom(flat);
    }
    long floats = live.floats();
    if (room.elements() < 2 * floats) {
      arena.close();
      arena = Arena.ofShared();
      room = Buffer.onHost(arena, Dtype.FLOAT32, 2 * floats);
    }
    moments =
        new Moments(
            live.start(),
            room.slice(0, floats).copyFrom(live.mean()),
            room.slice(floats, floats).copyFrom(live.meanSquare()));
  }

  /** The copied parameters; null if this rank doesn't write them. */
  public @Nullable Parameters trained() {
    return trained;
  }

  /** The copied moments. */
  public Moments moments() {
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
