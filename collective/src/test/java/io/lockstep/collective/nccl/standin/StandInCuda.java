package io.lockstep.collective.nccl.standin;

import io.lockstep.collective.nccl.CudaRuntime;
import io.lockstep.collective.nccl.NcclException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Devices whose memory is that of the process. A stream is a queue and a thread that does what is
 * queued, one after the other; an event is what was recorded last.
 */
public final class StandInCuda implements CudaRuntime, AutoCloseable {

  private static final int NO_DEVICE = -1;

  private final int devices;
  private final Violations violations;
  private final ThreadLocal<Integer> current = ThreadLocal.withInitial(() -> NO_DEVICE);
  private final AtomicLong handles = new AtomicLong(1 << 20);
  private final Map<Long, Stream> streams = new ConcurrentHashMap<>();
  private final Map<Long, Event> events = new ConcurrentHashMap<>();
  private final ConcurrentSkipListMap<Long, Memory> pinned = new ConcurrentSkipListMap<>();
  private final ConcurrentSkipListMap<Long, Memory> device = new ConcurrentSkipListMap<>();

  private record Memory(Arena arena, long bytes) {}

  private static final class Event {
    private volatile CompletableFuture<@Nullable Void> recorded =
        CompletableFuture.completedFuture(null);
  }

  private static final class Stream {
    private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    private final AtomicLong unfinished = new AtomicLong();
    private final Thread thread = Thread.ofVirtual().start(this::work);

    private void work() {
      try {
        while (true) {
          queue.take().run();
          unfinished.decrementAndGet();
        }
      } catch (InterruptedException closed) {
        Thread.currentThread().interrupt();
      }
    }

    void add(Runnable task) {
      unfinished.incrementAndGet();
      queue.add(task);
    }
  }

  StandInCuda(int devices, Violations violations) {
    this.devices = devices;
    this.violations = violations;
  }

  static MemorySegment at(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /** Queues something on a stream; on the default one it is done at once. */
  public void queue(long stream, Runnable task) {
    if (stream == 0) {
      task.run();
    } else {
      stream(stream).add(task);
    }
  }

  private Stream stream(long handle) {
    return Optional.ofNullable(streams.get(handle))
        .orElseThrow(() -> new NcclException("no stream " + handle));
  }

  private Event event(long handle) {
    return Optional.ofNullable(events.get(handle))
        .orElseThrow(() -> new NcclException("no event " + handle));
  }

  private void requireDevice(String call) {
    violations.require(current.get() != NO_DEVICE, call + " on a thread without a device");
  }

  int currentDevice() {
    return current.get();
  }

  private static boolean isIn(ConcurrentSkipListMap<Long, Memory> all, long address, long bytes) {
    Map.Entry<Long, Memory> below = all.floorEntry(address);
    return below != null && address + bytes <= below.getKey() + below.getValue().bytes();
  }

  /** Whether a range is host memory, which NCCL must not be given. */
  boolean isPinned(long address) {
    return isIn(pinned, address, 1);
  }

  @Override
  public int deviceCount() {
    if (devices == 0) {
      throw new NcclException(
          "cudaGetDeviceCount answered 100: no CUDA-capable device is detected");
    }
    return devices;
  }

  @Override
  public void useDevice(int number) {
    if (number < 0 || number >= devices) {
      throw new NcclException("cudaSetDevice(" + number + ") answered 101: invalid device ordinal");
    }
    current.set(number);
  }

  @Override
  public long createStream() {
    requireDevice("cudaStreamCreate");
    long handle = handles.incrementAndGet();
    streams.put(handle, new Stream());
    return handle;
  }

  @Override
  public void destroyStream(long stream) {
    Stream gone = stream(stream);
    violations.require(gone.unfinished.get() == 0, "a stream is destroyed that still works");
    streams.remove(stream);
    gone.thread.interrupt();
  }

  @Override
  public boolean isIdle(long stream) {
    return stream(stream).unfinished.get() == 0;
  }

  @Override
  public long createEvent() {
    requireDevice("cudaEventCreate");
    long handle = handles.incrementAndGet();
    events.put(handle, new Event());
    return handle;
  }

  @Override
  public void destroyEvent(long event) {
    event(event);
    events.remove(event);
  }

  @Override
  public void record(long event, long stream) {
    requireDevice("cudaEventRecord");
    CompletableFuture<@Nullable Void> happens = new CompletableFuture<>();
    event(event).recorded = happens;
    queue(stream, () -> happens.complete(null));
  }

  @Override
  public boolean hasHappened(long event) {
    return event(event).recorded.isDone();
  }

  @Override
  public void await(long stream, long event) {
    CompletableFuture<@Nullable Void> awaited = event(event).recorded;
    queue(stream, awaited::join);
  }

  private static long allocate(ConcurrentSkipListMap<Long, Memory> into, long bytes) {
    Arena arena = Arena.ofShared();
    long address = arena.allocate(bytes, 256L).address();
    into.put(address, new Memory(arena, bytes));
    return address;
  }

  private void free(ConcurrentSkipListMap<Long, Memory> from, long address, String call) {
    Memory gone = from.remove(address);
    violations.require(gone != null, call + " of memory that it has not allocated");
    if (gone != null) {
      gone.arena().close();
    }
  }

  @Override
  public long allocate(long bytes) {
    requireDevice("cudaMalloc");
    return allocate(device, bytes);
  }

  @Override
  public void free(long address) {
    free(device, address, "cudaFree");
  }

  @Override
  public long allocatePinned(long bytes) {
    requireDevice("cudaMallocHost");
    return allocate(pinned, bytes);
  }

  @Override
  public void freePinned(long address) {
    free(pinned, address, "cudaFreeHost");
  }

  @Override
  public void copyToDevice(long into, long from, long bytes, long stream) {
    requireCopy(into, from, bytes);
    queue(stream, () -> at(into, bytes).copyFrom(at(from, bytes)));
  }

  @Override
  public void copyToHost(long into, long from, long bytes, long stream) {
    requireCopy(from, into, bytes);
    queue(stream, () -> at(into, bytes).copyFrom(at(from, bytes)));
  }

  private void requireCopy(long onDevice, long onHost, long bytes) {
    requireDevice("cudaMemcpyAsync");
    violations.require(isIn(device, onDevice, bytes), "a copy of memory that the device lacks");
    violations.require(isIn(pinned, onHost, bytes), "a copy of host memory that is not pinned");
  }

  /** Allocations, streams and events that are there. */
  public long held() {
    return 0L + pinned.size() + device.size() + streams.size() + events.size();
  }

  @Override
  public void close() {
    streams.values().forEach(stream -> stream.thread.interrupt());
  }
}
