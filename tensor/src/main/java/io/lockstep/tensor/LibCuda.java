package io.lockstep.tensor;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The NVIDIA driver through its C library, whose functions keep their form across versions. */
final class LibCuda implements CudaDriver {

  private static final String FILE = "libcuda.so.1";
  private static final int NAME_BYTES = 256;
  private static final int CAPABILITY_MAJOR = 75;
  private static final int CAPABILITY_MINOR = 76;
  private static final int VIRTUAL_MEMORY = 102;
  private static final int THOUSANDS = 1000;

  /** {@code CUmemLocation}: memory of a device, and which. */
  private static final StructLayout LOCATION =
      MemoryLayout.structLayout(JAVA_INT.withName("type"), JAVA_INT.withName("id"));

  /** {@code CUmemAllocationProp}: pinned memory of one device, not to be shared. */
  private static final StructLayout PROPERTIES =
      MemoryLayout.structLayout(
          JAVA_INT.withName("type"),
          JAVA_INT.withName("handleTypes"),
          LOCATION.withName("location"),
          JAVA_LONG.withName("win32"),
          JAVA_LONG.withName("flags"));

  /** {@code CUmemAccessDesc}. */
  private static final StructLayout ACCESS =
      MemoryLayout.structLayout(LOCATION.withName("location"), JAVA_INT.withName("flags"));

  private static final int PINNED = 1;
  private static final int ON_DEVICE = 1;
  private static final int READ_AND_WRITE = 3;
  private static final int RECOMMENDED = 1;

  /** Fewer calls of the driver than its own granules of 2 MiB would need. */
  private static final long LEAST_GRANULE_BYTES = 16L << 20;

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
    int handle = whole("cuDeviceGet", device);
    return new PrimaryContext(device, handle, word("cuDevicePrimaryCtxRetain", handle));
  }

  private final class PrimaryContext implements Context {
    private final int ordinal;
    private final int handle;
    private final long context;

    PrimaryContext(int ordinal, int handle, long context) {
      this.ordinal = ordinal;
      this.handle = handle;
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

    @Override
    public Optional<VirtualMemory> virtualMemory(LongSupplier stream) {
      if (attribute(VIRTUAL_MEMORY, handle) == 0) {
        return Optional.empty();
      }
      enter();
      return Optional.of(new Granules(this, stream));
    }
  }

  /** The driver's granules of a device's memory. */
  private final class Granules implements VirtualMemory {
    private final PrimaryContext context;
    private final LongSupplier stream;
    private final long granuleBytes;

    /** For as long as the process lives, as the device is. */
    private final MemorySegment properties = Arena.global().allocate(PROPERTIES);

    private final MemorySegment access = Arena.global().allocate(ACCESS);

    Granules(PrimaryContext context, LongSupplier stream) {
      this.context = context;
      this.stream = stream;
      properties.set(JAVA_INT, PROPERTIES.byteOffset(groupElement("type")), PINNED);
      locate(properties, PROPERTIES.byteOffset(groupElement("location")));
      locate(access, ACCESS.byteOffset(groupElement("location")));
      access.set(JAVA_INT, ACCESS.byteOffset(groupElement("flags")), READ_AND_WRITE);
      String name = "cuMemGetAllocationGranularity";
      long least =
          written(cell ->
              call(
                  name, function(name, ADDRESS, ADDRESS, JAVA_INT), cell, properties, RECOMMENDED));
      granuleBytes = Math.ceilDiv(LEAST_GRANULE_BYTES, least) * least;
    }

    private void locate(MemorySegment in, long offset) {
      in.set(JAVA_INT, offset, ON_DEVICE);
      in.set(JAVA_INT, offset + JAVA_INT.byteSize(), context.ordinal);
    }

    /** What a function writes. */
    private static long written(Consumer<MemorySegment> writer) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment cell = arena.allocate(JAVA_LONG);
        writer.accept(cell);
        return cell.get(JAVA_LONG, 0);
      }
    }

    @Override
    public long granuleBytes() {
      return granuleBytes;
    }

    @Override
    public long reserve(long bytes) {
      String name = "cuMemAddressReserve";
      MethodHandle function = function(name, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
      return written(cell -> call(name, function, cell, bytes, 0L, 0L, 0L));
    }

    @Override
    public void unreserve(long address, long bytes) {
      String name = "cuMemAddressFree";
      call(name, function(name, JAVA_LONG, JAVA_LONG), address, bytes);
    }

    @Override
    public long create() {
      String name = "cuMemCreate";
      MethodHandle function = function(name, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG);
      return written(cell -> call(name, function, cell, granuleBytes, properties, 0L));
    }

    @Override
    public void release(long granule) {
      call("cuMemRelease", function("cuMemRelease", JAVA_LONG), granule);
    }

    @Override
    public void map(long address, long granule) {
      MethodHandle function =
          function("cuMemMap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
      call("cuMemMap", function, address, granuleBytes, 0L, granule, 0L);
    }

    @Override
    public void allow(long address, long bytes) {
      String name = "cuMemSetAccess";
      MethodHandle function = function(name, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);
      call(name, function, address, bytes, access, 1L);
    }

    @Override
    public void unmap(long address) {
      call("cuMemUnmap", function("cuMemUnmap", JAVA_LONG, JAVA_LONG), address, granuleBytes);
    }

    @Override
    public void settle() {
      context.enter();
      String name = "cuStreamSynchronize";
      call(name, function(name, JAVA_LONG), stream.getAsLong());
    }
  }
}
