package io.lockstep.collective;

import io.lockstep.tensor.Buffer;

/**
 * One message of an exchange: memory that goes to a peer or is filled by it.
 *
 * @param peer rank on the other side; may be the own rank, then the exchange copies
 * @param slot tells messages of the same exchange and peer apart; each slot occurs once per peer
 *     and direction
 * @param memory on whatever device; its whole length is sent or filled; the caller keeps it alive
 *     until {@link Collective#exchange} returns or throws
 */
public record Transfer(int peer, int slot, Buffer memory) {

  public Transfer {
    if (memory.isOnHeap()) {
      throw new IllegalArgumentException(
          "transfer with rank %d, slot %d: memory is on the Java heap; allocate it from an Arena or pass a tensor's buffer"
              .formatted(peer, slot));
    }
  }

  /** Length in bytes. */
  public long bytes() {
    return memory.bytes();
  }
}
