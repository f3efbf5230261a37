package io.lockstep.collective.tcp;

import io.lockstep.collective.Stall;
import io.lockstep.collective.Transfer;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one exchange still has to do with one peer. Confined to the link's event loop. */
final class ExchangePart {

  final long tag;
  final Exchange exchange;
  private final Deque<Send> unsent = new ArrayDeque<>();
  private final TreeMap<Integer, Receive> awaited = new TreeMap<>();
  private final int streams;
  private final long bytesAwaited;
  private final long bytesToSend;
  private long sequence;
  private int unfinishedSends;
  private long bytesReceived;
  private long bytesSent;
  private long lastProgress;
  private long longestSilence;

  /** A send and how much of it has been handed to the network. */
  static final class Send {
    final Transfer transfer;
    final MemorySegment memory;
    long offset;
    boolean begun;

    private Send(Transfer transfer) {
      this.transfer = transfer;
      this.memory = transfer.memory().lentBytes();
    }

    boolean isWritten() {
      return begun && offset == transfer.bytes();
    }
  }

  ExchangePart(long tag, Exchange exchange, List<Transfer> sends, List<Receive> receives) {
    this.tag = tag;
    this.exchange = exchange;
    sends.forEach(send -> unsent.add(new Send(send)));
    receives.forEach(receive -> awaited.put(receive.slot(), receive));
    this.streams =
        (int) receives.stream().filter(receive -> receive instanceof Receive.Streamed).count();
    this.unfinishedSends = sends.size();
    this.bytesAwaited = receives.stream().mapToLong(Receive::bytes).sum();
    this.bytesToSend = sends.stream().mapToLong(Transfer::bytes).sum();
  }

  /** The link has begun with this part, as its {@code sequence}-th. */
  void begin(long number, long now) {
    sequence = number;
    lastProgress = now;
  }

  long sequence() {
    return sequence;
  }

  /** The send whose next piece is due: all in turn, so that the peer gets their pieces together. */
  @Nullable Send nextSend() {
    return unsent.peek();
  }

  /** A piece of the send that was due has been written. */
  void turn() {
    Send written = unsent.remove();
    if (!written.isWritten()) {
      unsent.add(written);
    }
  }

  /** The receive of a slot; null if nothing more is awaited for it. */
  @Nullable Receive receive(int slot) {
    return awaited.get(slot);
  }

  void finished(Receive receive) {
    awaited.remove(receive.slot());
  }

  /** How many messages of this part are taken piece by piece. */
  int streams() {
    return streams;
  }

  boolean awaitsMore() {
    return !awaited.isEmpty();
  }

  void sentMessage() {
    unfinishedSends--;
  }

  void countSent(long bytes, long now) {
    bytesSent += bytes;
    progressed(now);
  }

  void countReceived(long bytes, long now) {
    bytesReceived += bytes;
    progressed(now);
  }

  private void progressed(long now) {
    longestSilence = Math.max(longestSilence, now - lastProgress);
    lastProgress = now;
  }

  /** The longest time so far in which nothing moved. */
  Duration longestSilence() {
    return Duration.ofNanos(longestSilence);
  }

  boolean isDone() {
    return unfinishedSends == 0 && awaited.isEmpty();
  }

  long lastProgress() {
    return lastProgress;
  }

  long bytesReceived() {
    return bytesReceived;
  }

  /** That this part has stood still for {@code silence}. */
  Stall stall(int rank, Peer peer, long generation, String exchangeName, Duration silence) {
    return new Stall(
        rank,
        peer.rank(),
        peer.name(),
        generation,
        tag,
        exchangeName,
        sequence,
        bytesReceived,
        bytesAwaited,
        bytesSent,
        bytesToSend,
        silence);
  }

  /** Such as {@code during tag 7, got 12 of 64 bytes}. */
  String progress() {
    return "during tag %d, got %d of %d bytes".formatted(tag, bytesReceived, bytesAwaited);
  }

  /** The slots for which not everything has arrived. */
  String awaitedSlots() {
    return awaited.keySet().toString();
  }
}
