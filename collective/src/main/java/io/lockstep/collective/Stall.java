package io.lockstep.collective;

import java.time.Duration;

/**
 * An exchange that waits for a peer from which nothing has come, and which has taken nothing, for
 * some time. A report, no failure: the peer may compute, stand in a debugger, or be gone without a
 * word; who decides that is whoever watches its heartbeats.
 *
 * @param rank rank that waits
 * @param peer rank that is waited for
 * @param peerName its name
 * @param generation membership of both
 * @param tag the exchange
 * @param exchange the exchange in words, such as {@code step 7, reduce}
 * @param sequence how many exchanges with this peer there have been, this one included
 * @param received bytes of the exchange that have come from the peer
 * @param awaited bytes that have to come
 * @param sent bytes of the exchange that the peer's side has taken
 * @param toSend bytes that it has to take
 * @param silence time since the last of either
 */
public record Stall(
    int rank,
    int peer,
    String peerName,
    long generation,
    long tag,
    String exchange,
    long sequence,
    long received,
    long awaited,
    long sent,
    long toSend,
    Duration silence) {

  /** All of it in one line. */
  public String message() {
    return ("rank %d waits for rank %d (%s) in exchange %d (%s, sequence %d): "
            + "received %d of %d bytes, sent %d of %d, last progress %d ms ago")
        .formatted(
            rank,
            peer,
            peerName,
            tag,
            exchange,
            sequence,
            received,
            awaited,
            sent,
            toSend,
            silence.toMillis());
  }

  /** Is told when an exchange stands still. */
  @FunctionalInterface
  public interface Listener {

    /**
     * An exchange has waited for a peer for as long as was agreed; called again each time the
     * silence has doubled. Called by a network thread: returns at once; may call {@link
     * Collective#abort}.
     */
    void stalled(Stall stall);
  }
}
