package io.lockstep.collective.nccl.standin;

import io.lockstep.collective.nccl.standin.StandInNccl.Communicator;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Where the operations of the ranks of one communicator meet. */
final class Fabric {

  static final String ALL_REDUCE = "ncclAllReduce";
  static final String REDUCE_SCATTER = "ncclReduceScatter";
  static final String ALL_GATHER = "ncclAllGather";
  static final String REDUCE = "ncclReduce";
  static final String BROADCAST = "ncclBroadcast";

  private static final long CHUNK = 1 << 20;

  private final Violations violations;
  private final Map<List<Integer>, Lane> lanes = new ConcurrentHashMap<>();

  /** How many calls of all ranks each rank has made. */
  private final Map<Integer, Integer> calls = new HashMap<>();

  /** Calls that some ranks have yet to make, by rank. */
  private final Map<Integer, TreeMap<Integer, Operation.OfAll>> open = new HashMap<>();

  /** What one rank sends to another. */
  private static final class Lane {
    private final Deque<Operation.Point> sends = new ArrayDeque<>();
    private final Deque<Operation.Point> receives = new ArrayDeque<>();
  }

  Fabric(Violations violations) {
    this.violations = violations;
  }

  void post(Operation operation) {
    switch (operation) {
      case Operation.Point point -> post(point);
      case Operation.OfAll call -> post(call);
    }
  }

  private void post(Operation.Point point) {
    Lane lane = lanes.computeIfAbsent(List.of(point.from, point.to), _ -> new Lane());
    synchronized (lane) {
      (point.sends() ? lane.sends : lane.receives).add(point);
      while (!lane.sends.isEmpty() && !lane.receives.isEmpty()) {
        Operation.Point send = lane.sends.getFirst();
        Operation.Point receive = lane.receives.getFirst();
        if (send.bytes != receive.bytes) {
          violations.add(
              "rank %d sends %d bytes where rank %d receives %d"
                  .formatted(send.from, send.bytes, send.to, receive.bytes));
          return;
        }
        lane.sends.removeFirst();
        lane.receives.removeFirst();
        if (copy(send, receive)) {
          send.end();
          receive.end();
        }
      }
    }
  }

  /** False if a side is gone on the way: then the other waits until it is aborted, too. */
  private static boolean copy(Operation.Point send, Operation.Point receive) {
    for (long at = 0; at < send.bytes; at += CHUNK) {
      if (send.communicator().gone || receive.communicator().gone) {
        return false;
      }
      long length = Math.min(CHUNK, send.bytes - at);
      StandInCuda.at(receive.address + at, length)
          .copyFrom(StandInCuda.at(send.address + at, length));
    }
    return true;
  }

  private synchronized void post(Operation.OfAll call) {
    int rank = call.communicator().rank;
    int number = calls.merge(rank, 1, Integer::sum);
    TreeMap<Integer, Operation.OfAll> met =
        open.computeIfAbsent(number, _ -> new TreeMap<>(Comparator.naturalOrder()));
    met.put(rank, call);
    if (!call.isLike(met.firstEntry().getValue())) {
      violations.add("ranks make different calls: " + call.call);
      return;
    }
    if (met.size() == call.communicator().size) {
      open.remove(number);
      perform(List.copyOf(met.values()));
      met.values().forEach(Operation::end);
    }
  }

  private static void perform(List<Operation.OfAll> ranks) {
    Operation.OfAll first = ranks.getFirst();
    int units = Math.toIntExact(first.units);
    switch (first.call) {
      case ALL_REDUCE -> {
        float[] sums = sums(ranks, 0, units);
        ranks.forEach(rank -> write(rank.into, sums));
      }
      case REDUCE -> {
        float[] sums = sums(ranks, 0, units);
        write(ranks.get(first.root).into, sums);
      }
      case REDUCE_SCATTER -> {
        float[] sums = sums(ranks, 0, units * ranks.size());
        for (int rank = 0; rank < ranks.size(); rank++) {
          float[] part = new float[units];
          System.arraycopy(sums, rank * units, part, 0, units);
          write(ranks.get(rank).into, part);
        }
      }
      case ALL_GATHER -> {
        for (int rank = 0; rank < ranks.size(); rank++) {
          byte[] part = StandInCuda.at(ranks.get(rank).from, units).toArray(ValueLayout.JAVA_BYTE);
          for (Operation.OfAll each : ranks) {
            StandInCuda.at(each.into + (long) rank * units, units)
                .copyFrom(MemorySegment.ofArray(part));
          }
        }
      }
      case BROADCAST -> {
        byte[] all =
            StandInCuda.at(ranks.get(first.root).from, units).toArray(ValueLayout.JAVA_BYTE);
        ranks.forEach(
            each -> StandInCuda.at(each.into, units).copyFrom(MemorySegment.ofArray(all)));
      }
      default -> throw new IllegalArgumentException(first.call);
    }
  }

  /** As a ring does: in another order than that of the ranks, and the same for as many ranks. */
  private static float[] sums(List<Operation.OfAll> ranks, int first, int count) {
    float[] sums = new float[count];
    for (int i = 0; i < count; i++) {
      float sum = 0;
      for (int turn = 0; turn < ranks.size(); turn++) {
        sum += StandInNccl.value(ranks.get((turn + i + 1) % ranks.size()).from, (long) first + i);
      }
      sums[i] = sum;
    }
    return sums;
  }

  private static void write(long into, float[] values) {
    MemorySegment memory = StandInCuda.at(into, (long) values.length * Float.BYTES);
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
  }

  /** Forgets what a rank has posted; waits for a copy that is under way. */
  void forget(Communicator gone) {
    for (Lane lane : lanes.values()) {
      synchronized (lane) {
        lane.sends.removeIf(point -> point.communicator().equals(gone));
        lane.receives.removeIf(point -> point.communicator().equals(gone));
      }
    }
    synchronized (this) {
      open.values().forEach(met -> met.values().removeIf(call -> call.communicator().equals(gone)));
    }
  }
}
