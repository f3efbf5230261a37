package io.lockstep.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The matrix library that libtorch brings along (MKL), called without libtorch's dispatch and its
 * thread pool. Each call computes on the calling thread alone, within {@link #alone}.
 */
final class MatrixLibrary {

  private static final Optional<MatrixLibrary> LOADED = load();

  private static final byte AS_IT_IS = 'N';

  private final MethodHandle product;
  private final MethodHandle threads;

  private final ThreadLocal<Arguments> arguments = ThreadLocal.withInitial(Arguments::new);

  private MatrixLibrary(MethodHandle product, MethodHandle threads) {
    this.product = product;
    this.threads = threads;
  }

  /** The library of this process's libtorch, if it has one with these functions. */
  static Optional<MatrixLibrary> find() {
    Torch.requireStarted();
    return LOADED;
  }

  private static Optional<MatrixLibrary> load() {
    Path file = Path.of(LibUtils.getLibtorchPath()).resolve(System.mapLibraryName("torch_cpu"));
    SymbolLookup library;
    try {
      library = SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException missing) {
      return Optional.empty();
    }
    MemoryLayout[] addresses = new MemoryLayout[13];
    Arrays.fill(addresses, ADDRESS);
    Optional<MethodHandle> product =
        library
            .find("sgemm_")
            .map(address ->
                Linker.nativeLinker()
                    .downcallHandle(address, FunctionDescriptor.ofVoid(addresses)));
    Optional<MethodHandle> threads =
        library
            .find("MKL_Set_Num_Threads_Local")
            .map(address ->
                Linker.nativeLinker()
                    .downcallHandle(
                        address,
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT),
                        Linker.Option.critical(false)));
    return product.isPresent() && threads.isPresent()
        ? Optional.of(new MatrixLibrary(product.get(), threads.get()))
        : Optional.empty();
  }

  /** Where the numbers of a call lie, one set for each thread. */
  private static final class Arguments {
    private final MemorySegment cells = Arena.ofAuto().allocate(64, 8);
    private final MemorySegment form = cells.asSlice(0, 1);
    private final MemorySegment m = cells.asSlice(4, 4);
    private final MemorySegment n = cells.asSlice(8, 4);
    private final MemorySegment k = cells.asSlice(12, 4);
    private final MemorySegment lda = cells.asSlice(16, 4);
    private final MemorySegment ldb = cells.asSlice(20, 4);
    private final MemorySegment ldc = cells.asSlice(24, 4);
    private final MemorySegment one = cells.asSlice(28, 4);
    private final MemorySegment before = cells.asSlice(32, 4);

    Arguments() {
      form.set(JAVA_BYTE, 0, AS_IT_IS);
      one.set(JAVA_FLOAT, 0, 1);
    }
  }

  /**
   * Lets this thread's calls compute on this thread alone.
   *
   * @return what {@link #restore} takes
   */
  int alone() {
    return setThreads(1);
  }

  /** Lets this thread's calls compute as before. */
  void restore(int before) {
    int _ = setThreads(before);
  }

  private int setThreads(int count) {
    try {
      return (int) threads.invokeExact(count);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Computes {@code y[r] = sum over k of x[r][k] panel[k]}, in blocks of {@code k}. */
  void product(Panel panel, Rows x, int rows, Rows y) {
    Arguments all = arguments.get();
    all.m.set(JAVA_INT, 0, panel.width());
    all.n.set(JAVA_INT, 0, rows);
    all.lda.set(JAVA_INT, 0, panel.stride());
    all.ldb.set(JAVA_INT, 0, x.stride());
    all.ldc.set(JAVA_INT, 0, y.stride());
    for (int first = 0; first < panel.count(); first += RowProducts.BLOCK) {
      all.k.set(JAVA_INT, 0, Math.min(RowProducts.BLOCK, panel.count() - first));
      all.before.set(JAVA_FLOAT, 0, first == 0 ? 0 : 1);
      try {
        product.invokeExact(
            all.form,
            all.form,
            all.m,
            all.n,
            all.k,
            all.one,
            panel.from(first),
            all.lda,
            x.from(first),
            all.ldb,
            all.before,
            y.memory(),
            all.ldc);
      } catch (Throwable e) {
        throw new IllegalStateException("a product of matrices failed", e);
      }
    }
  }
}
