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
 * The matrix library that libtorch brings along (MKL), called without libtorch's dispatch: for the
 * many small products of one token. Each call computes on the calling thread alone.
 *
 * <p>Matrices are float32 in host memory, row-major.
 */
final class MatrixLibrary {

  private static final Optional<MatrixLibrary> LOADED = load();

  private static final byte AS_IT_IS = 'N';
  private static final byte TRANSPOSED = 'T';

  private final MethodHandle product;
  private final MethodHandle vectorProduct;
  private final MethodHandle threads;

  private final ThreadLocal<Arguments> arguments = ThreadLocal.withInitial(Arguments::new);

  private MatrixLibrary(MethodHandle product, MethodHandle vectorProduct, MethodHandle threads) {
    this.product = product;
    this.vectorProduct = vectorProduct;
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
    Optional<MethodHandle> product = bind(library, "sgemm_", 13);
    Optional<MethodHandle> vectorProduct = bind(library, "sgemv_", 11);
    Optional<MethodHandle> threads =
        library
            .find("MKL_Set_Num_Threads_Local")
            .map(address ->
                Linker.nativeLinker()
                    .downcallHandle(
                        address,
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT),
                        Linker.Option.critical(false)));
    return product.isPresent() && vectorProduct.isPresent() && threads.isPresent()
        ? Optional.of(new MatrixLibrary(product.get(), vectorProduct.get(), threads.get()))
        : Optional.empty();
  }

  /** A function of Fortran's interface: all arguments are addresses. */
  private static Optional<MethodHandle> bind(SymbolLookup library, String name, int count) {
    MemoryLayout[] addresses = new MemoryLayout[count];
    Arrays.fill(addresses, ADDRESS);
    return library
        .find(name)
        .map(address ->
            Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.ofVoid(addresses)));
  }

  /** Where the numbers of a call lie, one set for each thread. */
  private static final class Arguments {
    private final MemorySegment cells = Arena.ofAuto().allocate(64, 8);
    private final MemorySegment firstForm = cells.asSlice(0, 1);
    private final MemorySegment secondForm = cells.asSlice(1, 1);
    private final MemorySegment m = cells.asSlice(4, 4);
    private final MemorySegment n = cells.asSlice(8, 4);
    private final MemorySegment k = cells.asSlice(12, 4);
    private final MemorySegment lda = cells.asSlice(16, 4);
    private final MemorySegment ldb = cells.asSlice(20, 4);
    private final MemorySegment ldc = cells.asSlice(24, 4);
    private final MemorySegment one = cells.asSlice(28, 4);
    private final MemorySegment zero = cells.asSlice(32, 4);
    private final MemorySegment step = cells.asSlice(36, 4);

    Arguments() {
      one.set(JAVA_FLOAT, 0, 1);
      zero.set(JAVA_FLOAT, 0, 0);
      step.set(JAVA_INT, 0, 1);
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

  /**
   * Applies a linear layer: y [rows, out] = x [rows, in] weight [out, in] transposed.
   *
   * @param stride values from one row of y to the next
   */
  void linear(
      MemorySegment weight,
      int out,
      int in,
      MemorySegment x,
      int rows,
      MemorySegment y,
      int stride) {
    Arguments all = arguments.get();
    all.firstForm.set(JAVA_BYTE, 0, TRANSPOSED);
    all.lda.set(JAVA_INT, 0, in);
    try {
      if (rows == 1) {
        all.m.set(JAVA_INT, 0, in);
        all.n.set(JAVA_INT, 0, out);
        vectorProduct.invokeExact(
            all.firstForm,
            all.m,
            all.n,
            all.one,
            weight,
            all.lda,
            x,
            all.step,
            all.zero,
            y,
            all.step);
        return;
      }
      all.secondForm.set(JAVA_BYTE, 0, AS_IT_IS);
      all.m.set(JAVA_INT, 0, out);
      all.n.set(JAVA_INT, 0, rows);
      all.k.set(JAVA_INT, 0, in);
      all.ldb.set(JAVA_INT, 0, in);
      all.ldc.set(JAVA_INT, 0, stride);
      call(all, weight, x, y);
    } catch (Throwable e) {
      throw new IllegalStateException("a product of matrices failed", e);
    }
  }

  /** Weighs rows: y [rows, width] = shares [rows, count] values [count, width]. */
  void weigh(
      MemorySegment shares, int rows, int count, MemorySegment values, int width, MemorySegment y) {
    Arguments all = arguments.get();
    all.firstForm.set(JAVA_BYTE, 0, AS_IT_IS);
    all.secondForm.set(JAVA_BYTE, 0, AS_IT_IS);
    all.m.set(JAVA_INT, 0, width);
    all.n.set(JAVA_INT, 0, rows);
    all.k.set(JAVA_INT, 0, count);
    all.lda.set(JAVA_INT, 0, width);
    all.ldb.set(JAVA_INT, 0, count);
    all.ldc.set(JAVA_INT, 0, width);
    try {
      call(all, values, shares, y);
    } catch (Throwable e) {
      throw new IllegalStateException("a product of matrices failed", e);
    }
  }

  private void call(Arguments all, MemorySegment a, MemorySegment b, MemorySegment c)
      throws Throwable {
    product.invokeExact(
        all.firstForm,
        all.secondForm,
        all.m,
        all.n,
        all.k,
        all.one,
        a,
        all.lda,
        b,
        all.ldb,
        all.zero,
        c,
        all.ldc);
  }
}
