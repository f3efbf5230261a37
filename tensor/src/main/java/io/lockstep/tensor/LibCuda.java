package io.lockstep.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The NVIDIA driver through its C library, whose functions keep their form across versions. */
final class LibCuda implements CudaDriver {

  private static final String FILE = "libcuda.so.1";
  private static final int NAME_BYTES = 256;
  private static final int CAPABILITY_MAJOR = 75;
  private static final int CAPABILITY_MINOR = 76;
  private static final int THOUSANDS = 1000;

  private static final Linker LINKER = Linker.nativeLinker();

  private final SymbolLookup library;
  private final Map<String, MethodHandle> functions = new ConcurrentHashMap<>();

  private LibCuda(SymbolLookup library) {
    this.library = library;
  }

  /**
   * Loads and starts the driver.
   *
   * @throws DeviceException if there is none or it does not start
   */
  static CudaDriver load() {
    LibCuda driver = new LibCuda(find());
    driver.call("cuInit", driver.function("cuInit", JAVA_INT), 0);
    return driver;
  }

  private static SymbolLookup find() {
    try {
      return SymbolLookup.libraryLookup(FILE, Arena.global());
    } catch (IllegalArgumentException missing) {
      throw new DeviceException(
          "no NVIDIA driver: %s was not found; install the driver, or give the container a GPU (--gpus)"
              .formatted(FILE),
          missing);
    }
  }

  private MethodHandle function(String name, MemoryLayout... arguments) {
    return functions.computeIfAbsent(
        name,
        _ ->
            LINKER.downcallHandle(
                library
                    .find(name)
                    .orElseThrow(() ->
                        new DeviceException(
                            "the NVIDIA driver has no function %s: install a newer one"
                                .formatted(name))),
                FunctionDescriptor.of(JAVA_INT, arguments)));
  }

  private void call(String name, MethodHandle function, Object... arguments) {
    int result;
    try {
      result = (int) function.invokeWithArguments(arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(name, e);
    }
    if (result != 0) {
      throw new DeviceException("%s answered %d%s".formatted(name, result, text(result)));
    }
  }

  private String text(int result) {
    MethodHandle function = function("cuGetErrorString", JAVA_INT, ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cell = arena.allocate(ADDRESS);
      int known = (int) function.invokeWithArguments(result, cell);
      return known == 0 ? ": " + cell.get(ADDRESS, 0).reinterpret(NAME_BYTES).getString(0) : "";
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("cuGetErrorString", e);
    }
  }

  /** What a function writes through its first argument. */
  private int whole(String name, int... others) {
    MemoryLayout[] layouts = new MemoryLayout[1 + others.length];
    Object[] arguments = new Object[1 + others.length];
    layouts[0] = ADDRESS;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cell = arena.allocate(JAVA_INT);
      arguments[0] = cell;
      for (int i = 0; i < others.length; i++) {
        layouts[1 + i] = JAVA_INT;
        arguments[1 + i] = others[i];
      }
      call(name, function(name, layouts), arguments);
      return cell.get(JAVA_INT, 0);
    }
  }

  /** A handle or a size that a function writes through its first argument. */
  private long word(String name, int other) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cell = arena.allocate(JAVA_LONG);
      call(name, function(name, ADDRESS, JAVA_INT), cell, other);
      return cell.get(JAVA_LONG, 0);
    }
  }

  @Override
  public int devices() {
    return whole("cuDeviceGetCount");
  }

  @Override
  public String version() {
    int version = whole("cuDriverGetVersion");
    return "%d.%d".formatted(version / THOUSANDS, version % THOUSANDS / 10);
  }

  @Override
  public Description describe(int device) {
    int handle = whole("cuDeviceGet", device);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(NAME_BYTES);
      call(
          "cuDeviceGetName",
          function("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT),
          name,
          NAME_BYTES,
          handle);
      return new Description(
          name.getString(0),
          attribute(CAPABILITY_MAJOR, handle) + "." + attribute(CAPABILITY_MINOR, handle),
          word("cuDeviceTotalMem_v2", handle));
    }
  }

  private int attribute(int attribute, int device) {
    return whole("cuDeviceGetAttribute", attribute, device);
  }

  @Override
  public Context context(int device) {
    return new PrimaryContext(word("cuDevicePrimaryCtxRetain", whole("cuDeviceGet", device)));
  }

  private final class PrimaryContext implements Context {
    private final long context;

    PrimaryContext(long context) {
      this.context = context;
    }

    @Override
    public void enter() {
      call("cuCtxSetCurrent", function("cuCtxSetCurrent", JAVA_LONG), context);
    }

    @Override
    public long freeBytes() {
      enter();
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment free = arena.allocate(JAVA_LONG);
        MemorySegment total = arena.allocate(JAVA_LONG);
        call("cuMemGetInfo_v2", function("cuMemGetInfo_v2", ADDRESS, ADDRESS), free, total);
        return free.get(JAVA_LONG, 0);
      }
    }
  }
}
