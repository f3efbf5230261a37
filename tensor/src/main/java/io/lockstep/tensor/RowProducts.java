package io.lockstep.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Products of rows with matrices whose bits depend on the row and the matrix alone: not on how many
 * rows are computed at once, which of them it is, or how many threads share the work.
 *
 * <p>Every output is summed in one order: within a block of {@link #BLOCK} inputs by fused
 * multiply-adds from the first to the last, beginning with zero; then the blocks' sums, in order.
 * Inputs that are zero at the end change nothing. Few rows are computed by {@link FewRows} in Java,
 * more by the matrix library inside libtorch, which adds in that order too where it has fused
 * multiply-adds; {@link #areThere} has tried that on this machine.
 *
 * <p>Used by one thread at a time, within {@link #begin}.
 */
public final class RowProducts implements AutoCloseable {

  /** Outputs that lie together in a {@link PackedMatrix}. */
  public static final int PANEL = 256;

  /** Inputs whose products are added up before they meet the others' sum. */
  static final int BLOCK = 192;

  /** Widths are multiples of this: a cache line of values. */
  static final int LANES = 16;

  /** Outputs that one thread computes are a multiple of this. */
  private static final int TOGETHER = 64;

  /** Products below this are not worth sharing: handing over takes about as long. */
  private static final long LEAST_SHARED = 1 << 15;

  private final MatrixLibrary library;
  private final ThreadTeam team;
  private final ThreadLocal<FewRows> few = ThreadLocal.withInitial(FewRows::new);

  private RowProducts(MatrixLibrary library, int threads) {
    this.library = library;
    this.team = new ThreadTeam(threads);
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

  /** With as many threads as an operator may use; empty where {@link #areThere} says no. */
  public static Optional<RowProducts> open() {
    return open(Torch.threads());
  }

  static Optional<RowProducts> open(int threads) {
    return areThere()
        ? MatrixLibrary.find().map(library -> new RowProducts(library, threads))
        : Optional.empty();
  }

  /**
   * Whether this machine has them: tensors lie in host memory, and libtorch's matrix library adds
   * in the order that is promised.
   */
  public static boolean areThere() {
    return Devices.ofTensors().isHost() && MatrixLibrary.find().isPresent() && Trial.PASSED;
  }

  /** The smallest multiple of a cache line of values that holds so many. */
  public static int rounded(int count) {
    return Math.ceilDiv(count, LANES) * LANES;
  }

  /**
   * Applies linear layers that read the same inputs.
   *
   * @param inputs [rows, in]
   * @param outputs [rows, {@link PackedMatrix#stride}]
   */
  public void linear(PackedMatrix weights, Buffer inputs, int rows, Buffer outputs) {
    long begun = Spans.begin();
    apply(weights, inputs, rows, outputs);
    Spans.end(begun, Span.Kind.OPERATOR, Spans.PRODUCT, weights.bytes());
  }

  private void apply(PackedMatrix weights, Buffer inputs, int rows, Buffer outputs) {
    MemorySegment x = inputs.hostBytes();
    MemorySegment y = outputs.hostBytes();
    int out = weights.out();
    boolean isShared = team.size() > 1 && (long) out * weights.in() >= LEAST_SHARED;
    int share = isShared ? share(out) : out;
    IntConsumer work =
        number -> {
          int end = (int) Math.min(out, (number + 1L) * share);
          for (int first = number * share; first < end; ) {
            Panel panel = weights.panel(first, end);
            product(
                panel,
                new Rows(x, weights.in()),
                rows,
                new Rows(y.asSlice(Dtype.FLOAT32.bytes(first)), weights.stride()));
            first += panel.width();
          }
        };
    if (isShared) {
      team.run(work);
    } else {
      work.accept(0);
    }
  }

  /** Outputs of each thread: whole panels where there are enough of them. */
  private int share(int out) {
    int unit = out >= 2 * PANEL * team.size() ? PANEL : TOGETHER;
    return Math.ceilDiv(Math.ceilDiv(out, team.size()), unit) * unit;
  }

  /**
   * Adds up rows with weights: {@code y[r] = sum over k of x[r][k] panel[k]}, by the calling thread
   * alone, also from within {@link #each}.
   *
   * @param panel from its first row on, {@code count} rows
   * @param stride values from one of them to the next
   * @param width values of one, a multiple of 16, {@link #PANEL} at most
   * @param x from its first row on
   * @param y likewise; of each row {@code width} values are written
   */
  public void sum(
      Buffer panel,
      int count,
      int stride,
      int width,
      Buffer x,
      int strideOfX,
      int rows,
      Buffer y,
      int strideOfY) {
    product(
        new Panel(panel.hostBytes(), count, stride, width),
        new Rows(x.hostBytes(), strideOfX),
        rows,
        new Rows(y.hostBytes(), strideOfY));
  }

  private void product(Panel panel, Rows x, int rows, Rows y) {
    if (rows <= FewRows.MOST) {
      few.get().product(panel, x, rows, y);
    } else {
      library.product(panel, x, rows, y);
    }
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

  /** Whether the matrix library and Java give the same bits here, on drawn values. */
  private static final class Trial {

    private static final boolean PASSED = passes();
    private static final int ROWS = 37;

    private static boolean passes() {
      MatrixLibrary library = MatrixLibrary.find().orElseThrow();
      int before = library.alone();
      try {
        return same(library, PANEL, 2 * BLOCK + 50)
            && same(library, LANES, BLOCK)
            && same(library, 3 * LANES, 64);
      } finally {
        library.restore(before);
      }
    }

    private static boolean same(MatrixLibrary library, int width, int count) {
      RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(count);
      try (Arena arena = Arena.ofConfined()) {
        Panel panel = new Panel(drawn(arena, random, (long) count * PANEL), count, PANEL, width);
        MemorySegment x = drawn(arena, random, (long) ROWS * count);
        FewRows few = new FewRows();
        for (int rows : new int[] {ROWS, 2 * LANES, FewRows.MOST + 1}) {
          MemorySegment all = arena.allocate(Dtype.FLOAT32.bytes((long) rows * width), 64);
          MemorySegment one = arena.allocate(Dtype.FLOAT32.bytes(width), 64);
          library.product(panel, new Rows(x, count), rows, new Rows(all, width));
          for (int row = 0; row < rows; row++) {
            Rows own = new Rows(x.asSlice(Dtype.FLOAT32.bytes((long) row * count)), count);
            few.product(panel, own, 1, new Rows(one, width));
            long at = Dtype.FLOAT32.bytes((long) row * width);
            if (all.asSlice(at, one.byteSize()).mismatch(one) >= 0) {
              return false;
            }
          }
        }
        return true;
      }
    }

    private static MemorySegment drawn(Arena arena, RandomGenerator random, long count) {
      MemorySegment memory = arena.allocate(Dtype.FLOAT32.bytes(count), 64);
      for (long i = 0; i < count; i++) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat(-1, 1));
      }
      return memory;
    }
  }
}
