package io.lockstep.collective.nccl.standin;

import io.lockstep.collective.nccl.NcclLibrary;
import io.lockstep.collective.nccl.NcclResult;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * NCCL's functions: operations of a group are posted together when it ends, done in the order of
 * their stream, and meet the peers' in the order of posting; errors of a communicator stay; an
 * abort ends what waits. Communicators don't block: they are in progress for a moment after each
 * group.
 */
public final class StandInNccl implements NcclLibrary, AutoCloseable {

  private static final int VERSION = 22_903;

  /** How long posting takes after a group has ended. */
  private static final long POSTING_NANOS = 20_000;

  private final StandInCuda cuda;
  private final Violations violations;
  private final boolean remoteErrors;
  private final AtomicLong handles = new AtomicLong(1 << 10);
  private final Map<Long, Meeting> meetings = new ConcurrentHashMap<>();
  private final Map<Long, Communicator> communicators = new ConcurrentHashMap<>();
  private final ExecutorService proxies = Executors.newVirtualThreadPerTaskExecutor();

  /** What a thread has called since its group began. */
  private final Map<Thread, List<Operation>> groups = new ConcurrentHashMap<>();

  /** The ranks that share a unique id. */
  private static final class Meeting {
    private final Map<Integer, Communicator> ranks = new HashMap<>();
    private final Fabric fabric;

    Meeting(Violations violations) {
      fabric = new Fabric(violations);
    }
  }

  /** A rank's end of a communicator. */
  static final class Communicator {
    final int rank;
    final int size;
    private final int device;
    private final Meeting meeting;
    private final List<Operation> outstanding = new ArrayList<>();
    private NcclResult state = NcclResult.IN_PROGRESS;

    /** Aborted or destroyed; nothing of it moves any more. */
    volatile boolean gone;

    private volatile boolean dead;

    private Communicator(Meeting meeting, int rank, int size, int device) {
      this.meeting = meeting;
      this.rank = rank;
      this.size = size;
      this.device = device;
    }

    private synchronized void add(Operation operation) {
      outstanding.add(operation);
      if (gone) {
        operation.end();
      }
    }

    private synchronized void done(Operation operation) {
      outstanding.remove(operation);
    }

    private synchronized boolean isIdle() {
      return outstanding.isEmpty();
    }

    /** Ends all operations; nothing reads or writes their memory any more. */
    private void end() {
      List<Operation> ended;
      synchronized (this) {
        gone = true;
        ended = List.copyOf(outstanding);
      }
      meeting.fabric.forget(this);
      ended.forEach(Operation::end);
    }

    private synchronized NcclResult state() {
      return state;
    }

    private synchronized void set(NcclResult next) {
      // An error stays.
      if (state.isFine()) {
        state = next;
      }
    }
  }

  /**
   * The library of all ranks of a process.
   *
   * @param remoteErrors whether peers of a rank whose process has ended are told, as over a
   *     network; over memory of one machine nobody is
   */
  StandInNccl(StandInCuda cuda, Violations violations, boolean remoteErrors) {
    this.cuda = cuda;
    this.violations = violations;
    this.remoteErrors = remoteErrors;
  }

  @Override
  public int version() {
    return VERSION;
  }

  @Override
  public byte[] uniqueId() {
    long number = handles.incrementAndGet();
    meetings.put(number, new Meeting(violations));
    return ByteBuffer.allocate(UNIQUE_ID_BYTES).putLong(number).array();
  }

  @Override
  public Begun begin(int size, byte[] id, int rank) {
    Meeting meeting = meetings.get(ByteBuffer.wrap(id).getLong());
    int device = cuda.currentDevice();
    violations.require(device >= 0, "ncclCommInitRankConfig on a thread without a device");
    if (meeting == null || rank < 0 || rank >= size) {
      return new Begun(NcclResult.INVALID_ARGUMENT, 0);
    }
    Communicator made = new Communicator(meeting, rank, size, device);
    long handle = handles.incrementAndGet();
    communicators.put(handle, made);
    synchronized (meeting) {
      boolean shared = meeting.ranks.values().stream().anyMatch(other -> other.device == device);
      if (shared) {
        made.set(NcclResult.INVALID_USAGE);
      }
      violations.require(meeting.ranks.put(rank, made) == null, "rank " + rank + " came twice");
      if (meeting.ranks.size() == size) {
        meeting.ranks.values().forEach(each -> each.set(NcclResult.SUCCESS));
      }
    }
    return new Begun(NcclResult.IN_PROGRESS, handle);
  }

  private Optional<Communicator> known(long handle, String call) {
    Communicator communicator = communicators.get(handle);
    boolean usable = communicator != null && !communicator.gone;
    violations.require(
        usable || (communicator != null && communicator.dead),
        call + " on a communicator that was freed");
    return usable ? Optional.ofNullable(communicator) : Optional.empty();
  }

  @Override
  public NcclResult asyncError(long communicator) {
    return known(communicator, "ncclCommGetAsyncError")
        .map(Communicator::state)
        .orElse(NcclResult.INVALID_ARGUMENT);
  }

  @Override
  public String lastError(long communicator) {
    return "the stand-in's last error";
  }

  @Override
  public NcclResult groupStart() {
    violations.require(
        groups.put(Thread.currentThread(), new ArrayList<>()) == null, "a group within a group");
    return NcclResult.SUCCESS;
  }

  @Override
  public NcclResult groupEnd() {
    List<Operation> operations = groups.remove(Thread.currentThread());
    if (operations == null) {
      return NcclResult.INVALID_USAGE;
    }
    if (operations.isEmpty()) {
      return NcclResult.SUCCESS;
    }
    Map<Communicator, List<Operation>> each = new HashMap<>();
    operations.forEach(operation ->
        each.computeIfAbsent(operation.communicator(), _ -> new ArrayList<>()).add(operation));
    each.forEach(this::launch);
    return NcclResult.IN_PROGRESS;
  }

  private void launch(Communicator communicator, List<Operation> operations) {
    communicator.set(NcclResult.IN_PROGRESS);
    operations.forEach(communicator::add);
    var _ =
        proxies.submit(() -> {
          LockSupport.parkNanos(POSTING_NANOS);
          if (!communicator.gone) {
            cuda.queue(operations.getFirst().stream(), () -> perform(communicator, operations));
            communicator.set(NcclResult.SUCCESS);
          }
        });
  }

  /** What the kernel of a group does: all operations at the same time, until the last is done. */
  private static void perform(Communicator communicator, List<Operation> operations) {
    for (Operation operation : operations) {
      if (!communicator.gone) {
        communicator.meeting.fabric.post(operation);
      }
    }
    for (Operation operation : operations) {
      operation.await();
      communicator.done(operation);
    }
  }

  private NcclResult add(long handle, String call, MakeOperation make) {
    Optional<Communicator> communicator = known(handle, call);
    if (communicator.isEmpty()) {
      return NcclResult.INVALID_ARGUMENT;
    }
    List<Operation> operations = groups.get(Thread.currentThread());
    violations.require(operations != null, call + " of a non-blocking communicator without group");
    violations.require(
        communicator.get().state() != NcclResult.IN_PROGRESS,
        call + " while the communicator is in progress");
    if (operations == null) {
      return NcclResult.INVALID_USAGE;
    }
    operations.add(make.of(communicator.get()));
    return NcclResult.SUCCESS;
  }

  private interface MakeOperation {
    Operation of(Communicator communicator);
  }

  private void requireDeviceMemory(long address, String call) {
    violations.require(!cuda.isPinned(address), call + " of host memory");
  }

  @Override
  public NcclResult send(long from, long bytes, int peer, long communicator, long stream) {
    requireDeviceMemory(from, "ncclSend");
    return add(
        communicator,
        "ncclSend",
        sender -> new Operation.Point(sender, stream, from, bytes, sender.rank, peer));
  }

  @Override
  public NcclResult receive(long into, long bytes, int peer, long communicator, long stream) {
    requireDeviceMemory(into, "ncclRecv");
    return add(
        communicator,
        "ncclRecv",
        receiver -> new Operation.Point(receiver, stream, into, bytes, peer, receiver.rank));
  }

  private NcclResult collective(
      String call, long from, long into, long units, int root, long communicator, long stream) {
    requireDeviceMemory(from, call);
    requireDeviceMemory(into, call);
    return add(
        communicator,
        call,
        member -> new Operation.OfAll(member, stream, call, from, into, units, root));
  }

  @Override
  public NcclResult allReduce(long from, long into, long floats, long communicator, long stream) {
    return collective(Fabric.ALL_REDUCE, from, into, floats, 0, communicator, stream);
  }

  @Override
  public NcclResult reduceScatter(
      long from, long into, long floats, long communicator, long stream) {
    return collective(Fabric.REDUCE_SCATTER, from, into, floats, 0, communicator, stream);
  }

  @Override
  public NcclResult allGather(long from, long into, long bytes, long communicator, long stream) {
    return collective(Fabric.ALL_GATHER, from, into, bytes, 0, communicator, stream);
  }

  @Override
  public NcclResult reduce(
      long from, long into, long floats, int root, long communicator, long stream) {
    return collective(Fabric.REDUCE, from, into, floats, root, communicator, stream);
  }

  @Override
  public NcclResult broadcast(
      long from, long into, long bytes, int root, long communicator, long stream) {
    return collective(Fabric.BROADCAST, from, into, bytes, root, communicator, stream);
  }

  @Override
  public NcclResult finish(long handle) {
    Optional<Communicator> communicator = known(handle, "ncclCommFinalize");
    if (communicator.isEmpty()) {
      return NcclResult.INVALID_ARGUMENT;
    }
    Communicator ending = communicator.get();
    ending.set(NcclResult.IN_PROGRESS);
    var _ =
        proxies.submit(() -> {
          while (!ending.isIdle() && !ending.gone) {
            LockSupport.parkNanos(POSTING_NANOS);
          }
          ending.set(NcclResult.SUCCESS);
        });
    return NcclResult.IN_PROGRESS;
  }

  @Override
  public NcclResult destroy(long handle) {
    Optional<Communicator> communicator = known(handle, "ncclCommDestroy");
    communicator.ifPresent(present -> {
      violations.require(present.isIdle(), "a communicator is destroyed that still works");
      present.end();
    });
    return NcclResult.SUCCESS;
  }

  @Override
  public NcclResult abort(long handle) {
    known(handle, "ncclCommAbort").ifPresent(Communicator::end);
    return NcclResult.SUCCESS;
  }

  /** The process of a rank ends, in all its communicators. */
  void kill(int rank) {
    for (Communicator communicator : communicators.values()) {
      if (communicator.rank == rank && !communicator.gone) {
        communicator.dead = true;
        communicator.end();
        if (remoteErrors) {
          synchronized (communicator.meeting) {
            communicator.meeting.ranks.values().forEach(each -> each.set(NcclResult.REMOTE_ERROR));
          }
        }
      }
    }
  }

  /** An error that no process's end explains, such as of the network. */
  void fail(int rank, NcclResult error) {
    communicators.values().stream()
        .filter(each -> each.rank == rank)
        .forEach(each -> each.set(error));
  }

  /** Communicators that nobody has freed. */
  long held() {
    return communicators.values().stream().filter(each -> !each.gone).count();
  }

  @Override
  public void close() {
    proxies.shutdownNow();
  }

  /** A value of a float32 array. */
  static float value(long address, long index) {
    return StandInCuda.at(address, (index + 1) * Float.BYTES)
        .getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, index);
  }
}
