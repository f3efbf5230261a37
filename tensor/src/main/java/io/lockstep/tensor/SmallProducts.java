package io.lockstep.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Products of few rows with large matrices, as one token after the other needs them: without
 * libtorch's dispatch and its thread pool, over as many threads as one operator may use. Each
 * output is computed by one thread. Matrices are float32 in host memory, row-major.
 *
 * <p>Used by one thread at a time, within {@link #begin}.
 */
public final class SmallProducts implements AutoCloseable {

  /** Matrices below this are not worth sharing: handing over takes about as long as the product. */
  private static final long LEAST_SHARED = 1 << 15;

  /** Outputs that one thread computes are a multiple of this: a cache line of them. */
  private static final int TOGETHER = 16;

  private final MatrixLibrary library;
  private final ThreadTeam team;

  private SmallProducts(MatrixLibrary library) {
    this.library = library;
    this.team = new ThreadTeam(Torch.threads());
    team.run(number -> {
      if (number > 0) {
        int _ = library.alone();
      }
    });
  }

  /** What {@link #begin} has begun; closed by the thread that began it. */
  @FunctionalInterface
  public interface Use extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Lets the calling thread's products compute on this team alone until the use is closed; what
   * libtorch computes on that thread afterwards has all its threads again.
   */
  public Use begin() {
    int before = library.alone();
    return () -> library.restore(before);
  }

  /** Empty where libtorch's matrix library can't be called so. */
  public static Optional<SmallProducts> open() {
    return Devices.ofTensors().isHost()
        ? MatrixLibrary.find().map(SmallProducts::new)
        : Optional.empty();
  }

  /** Whether {@link #open} gives something. */
  public static boolean areThere() {
    return Devices.ofTensors().isHost() && MatrixLibrary.find().isPresent();
  }

  /**
   * Applies a linear layer: y [rows, out] = x [rows, in] weight [out, in] transposed. For the
   * thread that opened this.
   */
  public void linear(Buffer weights, int out, int in, Buffer inputs, int rows, Buffer outputs) {
    long begun = Spans.begin();
    share(weights, out, in, inputs, rows, outputs);
    Spans.end(begun, Span.Kind.OPERATOR, Spans.PRODUCT, weights.bytes());
  }

  private void share(Buffer weights, int out, int in, Buffer inputs, int rows, Buffer outputs) {
    if (team.size() == 1 || (long) out * in < LEAST_SHARED) {
      linearHere(weights, out, in, inputs, rows, outputs);
      return;
    }
    MemorySegment weight = weights.hostBytes();
    MemorySegment x = inputs.hostBytes();
    MemorySegment y = outputs.hostBytes();
    int share = Math.ceilDiv(Math.ceilDiv(out, team.size()), TOGETHER) * TOGETHER;
    team.run(number -> {
      int first = Math.min(out, number * share);
      int own = Math.min(out, first + share) - first;
      if (own > 0) {
        library.linear(
            weight.asSlice(Dtype.FLOAT32.bytes((long) first * in)),
            own,
            in,
            x,
            rows,
            y.asSlice(Dtype.FLOAT32.bytes(first)),
            out);
      }
    });
  }

  /** The same by the calling thread alone, also from within {@link #each}. */
  public void linearHere(Buffer weight, int out, int in, Buffer x, int rows, Buffer y) {
    library.linear(weight.hostBytes(), out, in, x.hostBytes(), rows, y.hostBytes(), out);
  }

  /**
   * Weighs rows: y [rows, width] = shares [rows, count] values [count, width]; by the calling
   * thread alone, also from within {@link #each}.
   */
  public void weighHere(Buffer shares, int rows, int count, Buffer values, int width, Buffer y) {
    library.weigh(shares.hostBytes(), rows, count, values.hostBytes(), width, y.hostBytes());
  }

  /** Gives each number below a count to some thread, and returns when all are done. */
  public void each(int count, IntConsumer work) {
    if (team.size() == 1 || count == 1) {
      for (int i = 0; i < count; i++) {
        work.accept(i);
      }
      return;
    }
    team.run(number -> {
      for (int i = number; i < count; i += team.size()) {
        work.accept(i);
      }
    });
  }

  @Override
  public void close() {
    team.close();
  }
}
