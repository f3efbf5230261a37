package io.lockstep.tensor;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Owns tensors and frees them when it is closed.
 *
 * <p>One rule says who owns what: <b>every tensor that comes into being on a thread, through {@link
 * Ops}, {@link Autograd} or DJL's own methods, belongs to the innermost scope open on that
 * thread</b>, temporaries included. What must live longer is moved with {@link #keep}, or made by a
 * factory of the scope it shall belong to.
 *
 * <p>There are two kinds. A scope from {@link #open} or {@link #child} collects what its thread
 * computes; such scopes nest, and are closed by the same thread in reverse order
 * (try-with-resources). A scope from {@link #lasting} holds only what is made by its factories or
 * kept in it (weights, optimizer states); it may be closed by any thread at any time.
 */
public final class Scope implements AutoCloseable {

  private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();

  private final NDManager manager;
  private final @Nullable NDScope collected;
  private final @Nullable Scope outer;
  private final Thread thread;
  private final List<SparseMemory.Reservation> reservations = new ArrayList<>();
  private boolean closed;

  private Scope(NDManager manager, boolean collects) {
    this.manager = manager;
    this.thread = Thread.currentThread();
    this.outer = CURRENT.get();
    this.collected = collects ? new NDScope() : null;
    if (collects) {
      Autograd.stopRecordingByDefault();
      CURRENT.set(this);
    }
  }

  /** Opens a scope that owns whatever this thread computes until it is closed. */
  public static Scope open() {
    requirePlatformThread();
    return new Scope(newManager(), true);
  }

  /**
   * Opens a scope that owns only what is made by its factories or kept in it; any thread may close
   * it.
   */
  public static Scope lasting() {
    return new Scope(newManager(), false);
  }

  /** Opens a scope inside this one that owns whatever this thread computes until it is closed. */
  public Scope child() {
    requireOpen();
    requirePlatformThread();
    return new Scope(manager.newSubManager(), true);
  }

  private static void requirePlatformThread() {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "libtorch keeps its modes per operating-system thread: compute on a platform thread, not on a virtual one");
    }
  }

  private static NDManager newManager() {
    Torch.requireStarted();
    return Engine.getEngine("PyTorch").newBaseManager(Devices.ofTensors().ofDjl());
  }

  /** The innermost collecting scope of this thread. */
  static Scope current() {
    Scope scope = CURRENT.get();
    if (scope == null) {
      throw new IllegalStateException(
          "No scope is open on thread "
              + Thread.currentThread().getName()
              + ": wrap the computation in try (Scope scope = Scope.open())");
    }
    return scope;
  }

  /** DJL's manager behind this scope. */
  public NDManager manager() {
    return manager;
  }

  /** A tensor of zeros. */
  public NDArray zeros(Dtype type, long... shape) {
    NDArray array = empty(type, shape);
    Native.zero(Native.handle(array));
    return array;
  }

  /** A contiguous tensor with undefined contents, to be filled through {@link Buffer}. */
  public NDArray empty(Dtype type, long... shape) {
    requireOpen();
    return own(Native.empty(Devices.ofTensors(), type, shape));
  }

  /** Memory of a device, all zero. */
  public Buffer zeros(Device device, Dtype type, long elements) {
    requireOpen();
    NDArray array = own(Native.empty(device, type, elements));
    Native.zero(Native.handle(array));
    return Buffer.of(array);
  }

  /**
   * A tensor of zeros of which parts may be without memory: none is there before {@link
   * Buffer#commit}, and {@link Buffer#discard} gives it back. It has one dimension.
   */
  public NDArray sparse(Dtype type, long elements) {
    requireOpen();
    Device device = Devices.ofTensors();
    device.enter();
    Optional<SparseMemory.Reservation> reserved = device.reserve(type.bytes(elements));
    if (reserved.isEmpty()) {
      return zeros(type, elements);
    }
    reservations.add(reserved.get());
    MemorySegment memory =
        MemorySegment.ofAddress(reserved.get().address()).reinterpret(type.bytes(elements));
    return own(Native.over(memory, device, type, elements));
  }

  /** A float32 tensor with these values in row-major order. */
  public NDArray fromFloats(float[] values, long... shape) {
    return fromBytes(MemorySegment.ofArray(values), Dtype.FLOAT32, shape);
  }

  /** A float32 tensor with the remaining values of a buffer in row-major order. */
  public NDArray fromFloats(FloatBuffer values, long... shape) {
    return fromBytes(MemorySegment.ofBuffer(values), Dtype.FLOAT32, shape);
  }

  /** A float32 tensor with these values, in the machine's byte order and row-major. */
  public NDArray fromFloats(MemorySegment values, long... shape) {
    return fromBytes(values, Dtype.FLOAT32, shape);
  }

  /** An int64 tensor with these values in row-major order. */
  public NDArray fromLongs(long[] values, long... shape) {
    return fromBytes(MemorySegment.ofArray(values), Dtype.INT64, shape);
  }

  /** A bool tensor with these values in row-major order. */
  public NDArray fromBooleans(boolean[] values, long... shape) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    return fromBytes(MemorySegment.ofArray(bytes), Dtype.BOOL, shape);
  }

  /**
   * A tensor of any type with a copy of these bytes, in the machine's byte order and row-major.
   *
   * @throws IllegalArgumentException if the bytes are not as many as the shape needs
   */
  public NDArray fromBytes(MemorySegment values, Dtype type, long... shape) {
    long expected = Arrays.stream(shape).reduce(type.bytes(), Math::multiplyExact);
    if (values.byteSize() != expected) {
      throw new IllegalArgumentException(
          "A "
              + type
              + " tensor of shape "
              + Arrays.toString(shape)
              + " has "
              + expected
              + " bytes, got "
              + values.byteSize());
    }
    NDArray array = empty(type, shape);
    var _ = Buffer.of(array).copyFrom(Buffer.onHost(values, type));
    return array;
  }

  /**
   * Moves a tensor into this scope and returns it; the array passed in is closed, use the one
   * returned.
   *
   * <p>Storage, gradient and place in the graph stay the same.
   */
  public NDArray keep(NDArray array) {
    requireOpen();
    NDArray kept = own(Native.duplicate(Native.handle(array)));
    array.close();
    return kept;
  }

  /** Takes over a handle as this collecting scope's own. */
  NDArray adopt(long handle) {
    try {
      return new PtNDArray((PtNDManager) manager, handle);
    } catch (RuntimeException e) {
      Native.delete(handle);
      throw e;
    }
  }

  /** Takes over a handle so that only this scope frees it, not the innermost one. */
  private NDArray own(long handle) {
    NDArray array = adopt(handle);
    NDScope.unregister(array);
    return array;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("This scope is closed");
    }
  }

  /**
   * Frees everything this scope owns; closing twice does nothing.
   *
   * @throws IllegalStateException if this scope collects and another thread, or an outer scope
   *     before an inner one, closes it
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (collected == null) {
      closed = true;
      manager.close();
      reservations.forEach(SparseMemory.Reservation::close);
      return;
    }
    if (!thread.equals(Thread.currentThread())) {
      throw new IllegalStateException(
          "A scope is closed by the thread that opened it ("
              + thread.getName()
              + "): hold what outlives a thread's work in Scope.lasting()");
    }
    Scope innermost = current();
    boolean inOrder = innermost.equals(this);
    while (!innermost.equals(this)) {
      innermost.release();
      innermost = current();
    }
    release();
    if (!inOrder) {
      throw new IllegalStateException(
          "A scope was closed before the scopes opened inside it: use try-with-resources, or Scope.lasting() for what outlives them");
    }
  }

  private void release() {
    closed = true;
    CURRENT.set(outer);
    if (collected != null) {
      collected.close();
    }
    manager.close();
    reservations.forEach(SparseMemory.Reservation::close);
  }
}
