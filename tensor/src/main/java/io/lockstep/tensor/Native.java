package io.lockstep.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.LibUtils;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The functions of libtorch's C ABI that this package uses, bound to the library file that DJL has
 * loaded.
 *
 * <p>A handle is the address of a heap-allocated {@code at::Tensor}; DJL's arrays hold the same
 * kind of handle. Every function that returns a handle gives a new reference, which the caller must
 * hand to an array or {@link #delete delete}.
 */
final class Native {

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBRARY = openLibrary();

  private static final MethodHandle CALL =
      bind("aoti_torch_call_dispatcher", ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle NEW_HANDLE =
      bind("aoti_torch_new_tensor_handle", JAVA_LONG, ADDRESS);
  private static final MethodHandle DELETE = bind("aoti_torch_delete_tensor_object", JAVA_LONG);
  private static final MethodHandle SCALAR =
      bind("aoti_torch_scalar_to_tensor_float64", JAVA_DOUBLE, ADDRESS);
  private static final MethodHandle EMPTY =
      bind(
          "aoti_torch_empty_strided",
          JAVA_LONG,
          ADDRESS,
          ADDRESS,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          ADDRESS);
  private static final MethodHandle FROM_BLOB =
      bind(
          "aoti_torch_create_tensor_from_blob",
          ADDRESS,
          JAVA_LONG,
          ADDRESS,
          ADDRESS,
          JAVA_LONG,
          JAVA_INT,
          JAVA_INT,
          JAVA_INT,
          ADDRESS);
  private static final MethodHandle ZERO = bind("aoti_torch_zero_", JAVA_LONG);
  private static final MethodHandle DTYPE = bind("aoti_torch_get_dtype", JAVA_LONG, ADDRESS);
  private static final MethodHandle DEVICE_TYPE =
      bind("aoti_torch_get_device_type", JAVA_LONG, ADDRESS);
  private static final MethodHandle DATA = bind("aoti_torch_get_data_ptr", JAVA_LONG, ADDRESS);
  private static final MethodHandle DIM = bind("aoti_torch_get_dim", JAVA_LONG, ADDRESS);
  private static final MethodHandle SIZES = bind("aoti_torch_get_sizes", JAVA_LONG, ADDRESS);
  private static final MethodHandle STRIDES = bind("aoti_torch_get_strides", JAVA_LONG, ADDRESS);
  private static final MethodHandle MALLOC =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("malloc"),
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FREE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("free"), FunctionDescriptor.ofVoid(JAVA_LONG));

  /** One word per thread into which functions write their result. */
  private static final ThreadLocal<MemorySegment> CELL =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(JAVA_LONG));

  private Native() {}

  private static SymbolLookup openLibrary() {
    Path file = Path.of(LibUtils.getLibtorchPath()).resolve(System.mapLibraryName("torch_cpu"));
    return SymbolLookup.libraryLookup(file, Arena.global());
  }

  private static MethodHandle bind(String function, MemoryLayout... arguments) {
    return bind(function, FunctionDescriptor.of(JAVA_INT, arguments));
  }

  /** Any function of the library. */
  static MethodHandle bind(String function, FunctionDescriptor type) {
    return LINKER.downcallHandle(LIBRARY.findOrThrow(function), type);
  }

  /** The handle of an array; fails if the array has been freed. */
  static long handle(NDArray array) {
    if (array instanceof PtNDArray torch) {
      return torch.getHandle();
    }
    throw new IllegalArgumentException("Not a libtorch tensor: " + array.getClass().getName());
  }

  /**
   * Runs an operator on a stack of arguments; true if it succeeded and the stack holds its results.
   */
  static boolean call(MemorySegment name, MemorySegment overload, MemorySegment stack) {
    try {
      return (int) CALL.invokeExact(name, overload, stack) == 0;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** A second handle to the same tensor. */
  static long duplicate(long handle) {
    MemorySegment cell = CELL.get();
    try {
      check((int) NEW_HANDLE.invokeExact(handle, cell), "aoti_torch_new_tensor_handle");
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return cell.get(JAVA_LONG, 0);
  }

  static void delete(long handle) {
    try {
      check((int) DELETE.invokeExact(handle), "aoti_torch_delete_tensor_object");
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * A new float64 tensor without dimensions, which takes part in arithmetic without widening the
   * other side.
   */
  static long scalar(double value) {
    MemorySegment cell = CELL.get();
    try {
      check((int) SCALAR.invokeExact(value, cell), "aoti_torch_scalar_to_tensor_float64");
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return cell.get(JAVA_LONG, 0);
  }

  /** A new contiguous tensor with undefined contents. */
  static long empty(Device device, Dtype type, long... shape) {
    try (Arena arena = Arena.ofConfined()) {
      Extent extent = Extent.contiguous(arena, shape);
      return empty(device.torchKind(), device.ordinal(), type, extent);
    }
  }

  /** A new tensor on the CPU all of whose elements are one and the same in memory. */
  static long emptyBroadcast(Dtype type, long elements) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sizes = arena.allocateFrom(JAVA_LONG, elements);
      MemorySegment strides = arena.allocateFrom(JAVA_LONG, 0L);
      return empty(Devices.TORCH_CPU, 0, type, new Extent(1, sizes, strides));
    }
  }

  private static long empty(int kind, int ordinal, Dtype type, Extent extent) {
    MemorySegment cell = CELL.get();
    int code = type.code();
    try {
      check(
          (int)
              EMPTY.invokeExact(
                  (long) extent.dimensions(),
                  extent.sizes(),
                  extent.strides(),
                  code,
                  kind,
                  ordinal,
                  cell),
          "aoti_torch_empty_strided");
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return cell.get(JAVA_LONG, 0);
  }

  /** A contiguous tensor over memory that somebody else owns. */
  static long over(MemorySegment memory, Device device, Dtype type, long... shape) {
    MemorySegment cell = CELL.get();
    int code = type.code();
    int kind = device.torchKind();
    int ordinal = device.ordinal();
    try (Arena arena = Arena.ofConfined()) {
      Extent extent = Extent.contiguous(arena, shape);
      check(
          (int)
              FROM_BLOB.invokeExact(
                  memory,
                  (long) extent.dimensions(),
                  extent.sizes(),
                  extent.strides(),
                  0L,
                  code,
                  kind,
                  ordinal,
                  cell),
          "aoti_torch_create_tensor_from_blob");
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return cell.get(JAVA_LONG, 0);
  }

  /** Sizes and strides as libtorch reads them. */
  private record Extent(int dimensions, MemorySegment sizes, MemorySegment strides) {

    static Extent contiguous(Arena arena, long... shape) {
      int dimensions = shape.length;
      MemorySegment sizes = arena.allocate(JAVA_LONG, Math.max(1, dimensions));
      MemorySegment strides = arena.allocate(JAVA_LONG, Math.max(1, dimensions));
      long stride = 1;
      for (int i = dimensions - 1; i >= 0; i--) {
        sizes.setAtIndex(JAVA_LONG, i, shape[i]);
        strides.setAtIndex(JAVA_LONG, i, stride);
        stride *= Math.max(1, shape[i]);
      }
      return new Extent(dimensions, sizes, strides);
    }
  }

  static void zero(long handle) {
    try {
      check((int) ZERO.invokeExact(handle), "aoti_torch_zero_");
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int dtype(long handle) {
    return (int) (read(DTYPE, handle) & 0xffffffffL);
  }

  /** Libtorch's number for the kind of device that a tensor lies on. */
  static int deviceKind(long handle) {
    return (int) read(DEVICE_TYPE, handle);
  }

  static long dataAddress(long handle) {
    return read(DATA, handle);
  }

  static long[] sizes(long handle) {
    return borrowedLongs(SIZES, handle);
  }

  static long[] strides(long handle) {
    return borrowedLongs(STRIDES, handle);
  }

  private static long[] borrowedLongs(MethodHandle function, long handle) {
    int dimensions = (int) read(DIM, handle);
    MemorySegment values =
        MemorySegment.ofAddress(read(function, handle))
            .reinterpret(dimensions * JAVA_LONG.byteSize());
    return values.toArray(JAVA_LONG);
  }

  private static long read(MethodHandle getter, long handle) {
    MemorySegment cell = CELL.get();
    cell.set(JAVA_LONG, 0, 0L);
    try {
      check((int) getter.invokeExact(handle, cell), "reading a tensor's properties");
    } catch (Throwable e) {
      throw unexpected(e);
    }
    return cell.get(JAVA_LONG, 0);
  }

  /**
   * A heap cell holding one word; libtorch frees it with {@code delete}, so it must come from the C
   * heap.
   */
  static long heapCell(long value) {
    try {
      long address = (long) MALLOC.invokeExact(JAVA_LONG.byteSize());
      MemorySegment.ofAddress(address).reinterpret(JAVA_LONG.byteSize()).set(JAVA_LONG, 0, value);
      return address;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static void freeCell(long address) {
    try {
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The vector instructions that libtorch dispatches to, such as {@code AVX512}. */
  static String cpuCapability() {
    return text("_ZN2at18get_cpu_capabilityB5cxx11Ev");
  }

  /** How libtorch was built, with its version among the build settings. */
  static String buildSettings() {
    return text("_ZN2at11show_configB5cxx11Ev");
  }

  /** Name and version of the library for matrix products, and of that for convolutions. */
  static String matrixLibraries() {
    return text("_ZN2at15get_mkl_versionB5cxx11Ev")
        + ", "
        + text("_ZN2at18get_mkldnn_versionB5cxx11Ev");
  }

  /**
   * What a function without arguments says, which returns a {@code std::string} through a hidden
   * first argument: address of the characters, then their number.
   */
  private static String text(String symbol) {
    MethodHandle function =
        LINKER.downcallHandle(LIBRARY.findOrThrow(symbol), FunctionDescriptor.ofVoid(ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      int sizeOfString = 32;
      MemorySegment string = arena.allocate(sizeOfString, JAVA_LONG.byteAlignment());
      function.invokeExact(string);
      long length = string.get(JAVA_LONG, JAVA_LONG.byteSize());
      byte[] text =
          MemorySegment.ofAddress(string.get(JAVA_LONG, 0))
              .reinterpret(length)
              .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
      return new String(text, StandardCharsets.US_ASCII);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static void check(int code, String function) {
    if (code != 0) {
      throw new TorchException(
          function + " failed; libtorch has printed the reason to standard error");
    }
  }

  private static RuntimeException unexpected(Throwable e) {
    if (e instanceof RuntimeException runtime) {
      return runtime;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new TorchException("Calling libtorch failed: " + e, e);
  }
}
