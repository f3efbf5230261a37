package io.lockstep.collective.tcp;

import io.lockstep.collective.Transfer;
import io.lockstep.tensor.Buffer;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Host memory for those transfers of one exchange whose buffers lie on another device: what is sent
 * is copied there before, what is received from there afterwards. Buffers in host memory are taken
 * as they are.
 */
final class HostStaging implements AutoCloseable {

  private record Arrival(Buffer host, Buffer buffer) {}

  private @Nullable Arena arena;
  private final List<Arrival> arrivals = new ArrayList<>();

  /** The same sends out of host memory. */
  List<Transfer> sends(List<Transfer> sends) {
    return sends.stream()
        .map(send -> isOnHost(send) ? send : staged(send, room(send).copyFrom(send.memory())))
        .toList();
  }

  /** The same receives into host memory; {@link #deliver} brings them where they belong. */
  List<Transfer> receives(List<Transfer> receives) {
    List<Transfer> staged = new ArrayList<>();
    for (Transfer receive : receives) {
      if (isOnHost(receive)) {
        staged.add(receive);
      } else {
        Buffer room = room(receive);
        arrivals.add(new Arrival(room, receive.memory()));
        staged.add(staged(receive, room));
      }
    }
    return staged;
  }

  /** Copies what has been received to its device. */
  void deliver() {
    for (Arrival arrival : arrivals) {
      var _ = arrival.buffer().copyFrom(arrival.host());
    }
  }

  private static boolean isOnHost(Transfer transfer) {
    return transfer.memory().device().isHost();
  }

  private Buffer room(Transfer transfer) {
    if (arena == null) {
      arena = Arena.ofShared();
    }
    return Buffer.onHost(arena, transfer.memory().dtype(), transfer.memory().elements());
  }

  private static Transfer staged(Transfer transfer, Buffer host) {
    return new Transfer(transfer.peer(), transfer.slot(), host);
  }

  @Override
  public void close() {
    if (arena != null) {
      arena.close();
    }
  }
}
