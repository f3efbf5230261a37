package io.lockstep.collective.tcp;

import io.lockstep.collective.Transfer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one exchange still has to do with one peer. Confined to the link's event loop. */
final class ExchangePart {

  final long tag;
  final Exchange exchange;
  private final Queue<Transfer> unsent;
  private final TreeMap<Integer, Transfer> awaited = new TreeMap<>();
  private final long bytesAwaited;
  private int unfinishedSends;
  private int unfinishedReceives;
  private long bytesReceived;

  ExchangePart(long tag, Exchange exchange, List<Transfer> sends, List<Transfer> receives) {
    this.tag = tag;
    this.exchange = exchange;
    this.unsent = new ArrayDeque<>(sends);
    this.unfinishedSends = sends.size();
    this.unfinishedReceives = receives.size();
    for (Transfer receive : receives) {
      awaited.put(receive.slot(), receive);
    }
    this.bytesAwaited = receives.stream().mapToLong(Transfer::bytes).sum();
  }

  /** Takes the next send off the queue. */
  @Nullable Transfer nextSend() {
    return unsent.poll();
  }

  /** Takes the receive of a slot; null if that slot is not awaited. */
  @Nullable Transfer takeReceive(int slot) {
    return awaited.remove(slot);
  }

  boolean awaitsMore() {
    return !awaited.isEmpty();
  }

  void sent() {
    unfinishedSends--;
  }

  void received() {
    unfinishedReceives--;
  }

  void countReceived(long bytes) {
    bytesReceived += bytes;
  }

  boolean isDone() {
    return unfinishedSends == 0 && unfinishedReceives == 0;
  }

  long bytesReceived() {
    return bytesReceived;
  }

  /** Such as {@code during tag 7, got 12 of 64 bytes}. */
  String progress() {
    return "during tag %d, got %d of %d bytes".formatted(tag, bytesReceived, bytesAwaited);
  }

  /** The slots for which nothing has begun to arrive. */
  String awaitedSlots() {
    return awaited.keySet().toString();
  }
}
