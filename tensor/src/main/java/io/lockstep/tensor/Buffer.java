package io.lockstep.tensor;

import ai.djl.ndarray.NDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Elements of one type side by side in the memory of a device. It does not own them: they are valid
 * as long as the tensor, arena or file they belong to, and using them later throws.
 *
 * <p>What computes on them is {@code device().kernels()}. Between devices they move by {@link
 * #copyFrom} alone: views for Java exist in host memory only, elsewhere asking for one throws.
 */
public final class Buffer {

  /** Host memory begins at a multiple of this: the length of a cache line. */
  private static final long ALIGNMENT = 64;

  private final MemorySegment memory;
  private final Dtype dtype;
  private final Device device;
  private final @Nullable NDArray owner;

  Buffer(MemorySegment memory, Dtype dtype, Device device, @Nullable NDArray owner) {
    this.memory = memory;
    this.dtype = dtype;
    this.device = device;
    this.owner = owner;
  }

  /**
   * The elements of a contiguous tensor, shared with it: writing here changes the tensor.
   *
   * @throws IllegalArgumentException if the tensor is not contiguous
   */
  public static Buffer of(NDArray array) {
    long handle = Native.handle(array);
    long[] sizes = Native.sizes(handle);
    long[] strides = Native.strides(handle);
    if (!isContiguous(sizes, strides)) {
      throw new IllegalArgumentException(
          "Tensor of shape "
              + Arrays.toString(sizes)
              + " with strides "
              + Arrays.toString(strides)
              + " is not contiguous: use Ops.contiguous");
    }
    Dtype type = Dtype.of(array);
    long bytes = type.bytes();
    for (long size : sizes) {
      bytes *= size;
    }
    return new Buffer(
        MemorySegment.ofAddress(Native.dataAddress(handle)).reinterpret(bytes),
        type,
        Devices.ofKind(Native.deviceKind(handle)),
        array);
  }

  /** Elements that lie in host memory, such as those of a mapped file, in the machine's order. */
  public static Buffer onHost(MemorySegment memory, Dtype dtype) {
    if (memory.byteSize() % dtype.bytes() != 0) {
      throw new IllegalArgumentException(
          "%d bytes are no whole number of %s".formatted(memory.byteSize(), dtype));
    }
    return new Buffer(memory, dtype, Devices.HOST, null);
  }

  /** New host memory, all zero, that lives as long as the arena. */
  public static Buffer onHost(Arena arena, Dtype dtype, long elements) {
    return onHost(arena.allocate(dtype.bytes(elements), ALIGNMENT), dtype);
  }

  /**
   * Elements at an address of a device, such as memory that another library has allocated there;
   * whoever did keeps it for as long as this is used.
   */
  public static Buffer at(long address, Dtype dtype, long elements, Device device) {
    return new Buffer(
        MemorySegment.ofAddress(address).reinterpret(dtype.bytes(elements)), dtype, device, null);
  }

  /** The values of an array, shared with it. */
  public static Buffer onHost(float[] values) {
    return onHost(MemorySegment.ofArray(values), Dtype.FLOAT32);
  }

  /** The values of an array, shared with it. */
  public static Buffer onHost(long[] values) {
    return onHost(MemorySegment.ofArray(values), Dtype.INT64);
  }

  /** The bytes of an array, shared with it. */
  public static Buffer onHost(byte[] bytes) {
    return onHost(MemorySegment.ofArray(bytes), Dtype.UINT8);
  }

  private static boolean isContiguous(long[] sizes, long[] strides) {
    long expected = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      if (sizes[i] == 0) {
        return true;
      }
      if (sizes[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= sizes[i];
    }
    return true;
  }

  /** Where the elements lie. */
  public Device device() {
    return device;
  }

  /** Their type. */
  public Dtype dtype() {
    return dtype;
  }

  /** How many there are. */
  public long elements() {
    return memory.byteSize() / dtype.bytes();
  }

  /** Their size in bytes. */
  public long bytes() {
    return memory.byteSize();
  }

  /** Whether nobody may write here, such as in a mapped file. */
  public boolean isReadOnly() {
    return memory.isReadOnly();
  }

  /** Whether this is memory of a Java array, which only Java can be given. */
  public boolean isOnHeap() {
    return !memory.isNative();
  }

  /** Some of the elements, shared with these. */
  public Buffer slice(long first, long elements) {
    return new Buffer(
        memory.asSlice(dtype.bytes(first), dtype.bytes(elements)), dtype, device, owner);
  }

  /**
   * Copies all elements of another buffer here, which may be on another device.
   *
   * @return this
   * @throws IllegalArgumentException if they are of another type or number
   */
  public Buffer copyFrom(Buffer from) {
    if (from.dtype != dtype || from.bytes() != bytes()) {
      throw new IllegalArgumentException("%s can't be copied into %s".formatted(from, this));
    }
    (device.isHost() ? from.device : device).copy(from, this);
    return this;
  }

  /** Whether both hold the same bytes, wherever they lie. */
  public boolean hasSameBytes(Buffer other) {
    return toHost().hostBytes().mismatch(other.toHost().hostBytes()) < 0;
  }

  /** Sets all elements to zero. */
  public void zero() {
    device.zero(this);
  }

  /**
   * Makes sure that there is memory for all elements, before anything touches them: what {@link
   * #discard} has taken, or {@link Scope#sparse} never had, is there and zero; the rest keeps its
   * values. Host memory comes by itself when it is written.
   */
  public void commit() {
    if (!isOnHeap()) {
      device.commit(this);
    }
  }

  /**
   * Gives memory back as far as whole pages lie in this buffer: those of the operating system, or
   * on a device those of a tensor of {@link Scope#sparse}; of another tensor's nothing. They take
   * no room until {@link #commit}, and are zero then; what lies on pages that are only partly
   * inside keeps its values. Only for native memory.
   *
   * @return how many bytes were given back
   * @throws UnsupportedOperationException on another system than Linux
   * @throws IllegalStateException if the system refuses
   */
  public long discard() {
    if (isOnHeap()) {
      throw new IllegalArgumentException(
          "only native memory can be given back, not an array of the Java heap");
    }
    return device.discard(this);
  }

  /**
   * The same elements in host memory: this buffer if it lies there, else a copy, which lives as
   * long as it is used.
   */
  public Buffer toHost() {
    return device.isHost() ? this : onHost(Arena.ofAuto(), dtype, elements()).copyFrom(this);
  }

  /**
   * Lets Java write all elements: in place if they lie in host memory, else in host memory that is
   * copied here afterwards.
   *
   * @param writer is given the host memory, whose contents it has to replace
   */
  public void write(Consumer<Buffer> writer) {
    onHostWhile(false, writer);
  }

  /** {@link #write} of some elements, by what the others are. */
  public void update(Consumer<Buffer> writer) {
    onHostWhile(true, writer);
  }

  private void onHostWhile(boolean reads, Consumer<Buffer> writer) {
    if (device.isHost()) {
      writer.accept(this);
      return;
    }
    try (Arena arena = Arena.ofShared()) {
      Buffer staged = onHost(arena, dtype, elements());
      if (reads) {
        staged.copyFrom(this);
      }
      writer.accept(staged);
      copyFrom(staged);
    }
  }

  /**
   * The elements for Java to read and write in place.
   *
   * @throws IllegalStateException if they lie on another device
   * @throws IllegalArgumentException if they are not float32
   */
  public HostFloats floats() {
    if (dtype != Dtype.FLOAT32) {
      throw new IllegalArgumentException("%s is to be read as float32".formatted(this));
    }
    return new HostFloats(hostBytes());
  }

  /** A copy of the bytes; throws like {@link #floats} on another device. */
  public byte[] toByteArray() {
    return hostBytes().toArray(ValueLayout.JAVA_BYTE);
  }

  /**
   * The bytes in place, for what reads and writes files and sockets.
   *
   * @throws IllegalStateException if they lie on another device
   */
  public MemorySegment hostBytes() {
    if (!device.isHost()) {
      throw new IllegalStateException(
          "%s is not in host memory: copy it there first".formatted(this));
    }
    return memory();
  }

  /**
   * {@link #hostBytes} without the checks of thread and lifetime, for threads of the network that
   * let go of the memory before whoever lent it to them goes on.
   *
   * @throws IllegalStateException if they lie on another device
   */
  public MemorySegment lentBytes() {
    MemorySegment bytes = hostBytes();
    if (isOnHeap()) {
      throw new IllegalArgumentException("%s is memory of a Java array".formatted(this));
    }
    return MemorySegment.ofAddress(bytes.address()).reinterpret(bytes.byteSize());
  }

  /**
   * Where the elements begin, as the device that they lie on counts: for libraries that move memory
   * of devices. It holds as long as the memory does.
   *
   * @throws IllegalArgumentException for memory of a Java array
   */
  public long address() {
    if (isOnHeap()) {
      throw new IllegalArgumentException("%s is memory of a Java array".formatted(this));
    }
    return memory().address();
  }

  /** The memory, wherever it is: for devices and their kernels. */
  MemorySegment memory() {
    if (owner != null) {
      // Throws if the tensor was freed.
      var _ = Native.handle(owner);
    }
    return memory;
  }

  /** The same memory as bytes. */
  Buffer asBytes() {
    return new Buffer(memory, Dtype.UINT8, device, owner);
  }

  /** The same memory as another device sees it. */
  Buffer as(Device other) {
    return new Buffer(memory, dtype, other, owner);
  }

  @Override
  public String toString() {
    return "a buffer of %d %s on %s".formatted(elements(), dtype, device);
  }
}
