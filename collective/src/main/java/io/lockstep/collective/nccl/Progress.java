package io.lockstep.collective.nccl;

import java.util.List;

/** How far an exchange is with each of its peers, in bytes of the messages. */
interface Progress {

  /**
   * What is still to be done with one peer.
   *
   * @param received bytes that have come
   * @param awaited bytes that have to come
   * @param sent bytes that the peer has taken
   * @param toSend bytes that it has to take
   */
  record With(int peer, long received, long awaited, long sent, long toSend) {

    /** Such as {@code got 12 of 64 bytes}. */
    String words() {
      return "got %d of %d bytes".formatted(received, awaited);
    }
  }

  /** The peers that something is exchanged with, and how far. */
  List<With> peers();
}
