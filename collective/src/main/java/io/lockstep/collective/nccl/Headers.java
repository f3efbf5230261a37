package io.lockstep.collective.nccl;

import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.PieceStreams;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.TransferPlan;
import io.lockstep.collective.tcp.TcpCollective;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * What ranks tell each other before NCCL moves anything: for each message its length, under its tag
 * and slot. NCCL itself compares nothing; a receive of another length than its send would hang or
 * damage memory. The connections compare tags and slots, this the lengths.
 */
final class Headers {

  private final TcpCollective connections;
  private final IntFunction<String> peerName;
  private final Arena arena = Arena.ofAuto();
  private MemorySegment memory = MemorySegment.NULL;

  /**
   * @param connections of the same ranks
   * @param peerName for messages
   */
  Headers(TcpCollective connections, IntFunction<String> peerName) {
    this.connections = connections;
    this.peerName = peerName;
  }

  /** A message that has to come, and the memory that its header comes into. */
  private record Awaited(int peer, int slot, long bytes, Buffer header) {}

  /**
   * Tells peers what is sent to them and compares what they send with what is awaited.
   *
   * @throws CollectiveException if a peer sends something else, or is gone
   */
  void compare(long tag, TransferPlan plan) {
    int rank = connections.rank();
    List<Transfer> sends = new ArrayList<>();
    List<Awaited> awaited = new ArrayList<>();
    Slots slots = new Slots(count(plan));
    for (int peer = 0; peer < connections.size(); peer++) {
      if (peer == rank) {
        continue;
      }
      for (Transfer send : plan.sendsTo(peer)) {
        sends.add(new Transfer(peer, send.slot(), slots.next(send.bytes())));
      }
      for (Transfer receive : plan.receivesFrom(peer)) {
        awaited.add(new Awaited(peer, receive.slot(), receive.bytes(), slots.next(0)));
      }
    }
    for (PieceStreams.Source source : plan.streams().sources()) {
      awaited.add(new Awaited(source.peer(), source.slot(), plan.streams().bytes(), slots.next(0)));
    }
    connections.exchange(
        tag,
        sends,
        awaited.stream()
            .map(each -> new Transfer(each.peer(), each.slot(), each.header()))
            .toList());
    for (Awaited each : awaited) {
      long sent = each.header().hostBytes().get(ValueLayout.JAVA_LONG, 0);
      if (sent != each.bytes()) {
        throw new CollectiveException(
            rank,
            each.peer(),
            tag,
            0,
            "%s sends %d bytes for tag %d, slot %d while rank %d awaits %d bytes"
                .formatted(peerName.apply(each.peer()), sent, tag, each.slot(), rank, each.bytes()),
            null);
      }
    }
  }

  /**
   * Compares a call that all ranks make alike.
   *
   * @param call what is called, in words
   * @param figures that have to be equal: what stands for the call, then the lengths of its parts
   */
  void compareAll(long tag, String call, List<Long> figures) {
    int rank = connections.rank();
    List<Transfer> sends = new ArrayList<>();
    List<Transfer> receives = new ArrayList<>();
    int slotsOfRank = figures.size();
    Slots slots = new Slots((long) slotsOfRank * 2 * connections.size());
    for (int peer = 0; peer < connections.size(); peer++) {
      for (int slot = 0; slot < slotsOfRank && peer != rank; slot++) {
        sends.add(new Transfer(peer, slot, slots.next(figures.get(slot))));
        receives.add(new Transfer(peer, slot, slots.next(0)));
      }
    }
    connections.exchange(tag, sends, receives);
    for (Transfer receive : receives) {
      long theirs = receive.memory().hostBytes().get(ValueLayout.JAVA_LONG, 0);
      long own = figures.get(receive.slot());
      if (theirs != own) {
        String difference =
            receive.slot() == 0
                ? "calls something else than " + call
                : "has %d bytes in part %d of %s where rank %d has %d"
                    .formatted(theirs, receive.slot() - 1, call, rank, own);
        throw new CollectiveException(
            rank,
            receive.peer(),
            tag,
            0,
            "%s %s, tag %d; all ranks have to call it alike"
                .formatted(peerName.apply(receive.peer()), difference, tag),
            null);
      }
    }
  }

  private long count(TransferPlan plan) {
    long count = plan.streams().sources().size();
    for (int peer = 0; peer < connections.size(); peer++) {
      count += plan.sendsTo(peer).size() + plan.receivesFrom(peer).size();
    }
    return count;
  }

  /** Memory of one word for each header. */
  private final class Slots {
    private long taken;

    Slots(long headers) {
      if (memory.byteSize() < headers * Long.BYTES) {
        memory = arena.allocate(headers * Long.BYTES, Long.BYTES);
      }
    }

    Buffer next(long value) {
      MemorySegment word = memory.asSlice(taken * Long.BYTES, Long.BYTES);
      word.set(ValueLayout.JAVA_LONG, 0, value);
      taken++;
      return Buffer.onHost(word, Dtype.UINT8);
    }
  }
}
