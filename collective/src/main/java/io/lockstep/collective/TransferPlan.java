package io.lockstep.collective;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The transfers of one exchange, checked and sorted by peer: what every transport begins with. */
public final class TransferPlan {

  private final int rank;
  private final long tag;
  private final List<List<Transfer>> sends;
  private final List<List<Transfer>> receives;
  private final PieceStreams streams;

  private TransferPlan(
      int rank,
      long tag,
      List<List<Transfer>> sends,
      List<List<Transfer>> receives,
      PieceStreams streams) {
    this.rank = rank;
    this.tag = tag;
    this.sends = sends;
    this.receives = receives;
    this.streams = streams;
  }

  /**
   * Sorts transfers by peer.
   *
   * @throws IllegalArgumentException if a peer does not exist, a slot occurs twice, a receive is
   *     read-only, sends and receives of the own rank do not match, or a stream comes from there
   */
  public static TransferPlan of(
      int rank,
      int size,
      long tag,
      List<Transfer> sends,
      List<Transfer> receives,
      PieceStreams streams) {
    for (Transfer receive : receives) {
      require(!receive.memory().isReadOnly(), "receives into read-only memory", rank, tag, receive);
    }
    TransferPlan plan =
        new TransferPlan(
            rank, tag, byPeer(rank, size, tag, sends), byPeer(rank, size, tag, receives), streams);
    plan.requireOwnMatch();
    plan.requireStreams(size);
    return plan;
  }

  private static List<List<Transfer>> byPeer(
      int rank, int size, long tag, List<Transfer> transfers) {
    List<List<Transfer>> sorted = new ArrayList<>();
    List<Set<Integer>> slots = new ArrayList<>();
    for (int peer = 0; peer < size; peer++) {
      sorted.add(new ArrayList<>());
      slots.add(new HashSet<>());
    }
    for (Transfer transfer : transfers) {
      boolean exists = transfer.peer() >= 0 && transfer.peer() < size;
      require(exists, "names a rank outside the world of " + size, rank, tag, transfer);
      boolean fresh = slots.get(transfer.peer()).add(transfer.slot());
      require(fresh, "occurs twice in one direction", rank, tag, transfer);
      sorted.get(transfer.peer()).add(transfer);
    }
    return sorted;
  }

  private void requireOwnMatch() {
    for (Transfer send : sends.get(rank)) {
      boolean matched =
          receives.get(rank).stream()
              .anyMatch(own -> own.slot() == send.slot() && own.bytes() == send.bytes());
      require(matched, "to the own rank has no receive of its slot and length", rank, tag, send);
    }
    for (Transfer receive : receives.get(rank)) {
      boolean matched = sends.get(rank).stream().anyMatch(own -> own.slot() == receive.slot());
      require(matched, "from the own rank has no send of its slot", rank, tag, receive);
    }
  }

  private void requireStreams(int size) {
    Set<PieceStreams.Source> seen = new HashSet<>();
    for (PieceStreams.Source source : streams.sources()) {
      boolean elsewhere = source.peer() >= 0 && source.peer() < size && source.peer() != rank;
      boolean fresh =
          elsewhere
              && seen.add(source)
              && receives.get(source.peer()).stream().noneMatch(r -> r.slot() == source.slot());
      if (!fresh) {
        throw new IllegalArgumentException(
            "rank %d, tag %d: a stream from rank %d, slot %d %s"
                .formatted(
                    rank,
                    tag,
                    source.peer(),
                    source.slot(),
                    elsewhere ? "occurs twice" : "is from no other rank of " + size));
      }
    }
  }

  private static void require(boolean good, String problem, int rank, long tag, Transfer transfer) {
    if (!good) {
      throw new IllegalArgumentException(
          "rank %d, tag %d: transfer with rank %d, slot %d, %d bytes %s"
              .formatted(rank, tag, transfer.peer(), transfer.slot(), transfer.bytes(), problem));
    }
  }

  /** Whether anything goes to a peer or comes from it. */
  public boolean involves(int peer) {
    return !sends.get(peer).isEmpty() || !receives.get(peer).isEmpty() || streamsFrom(peer);
  }

  private boolean streamsFrom(int peer) {
    return streams.sources().stream().anyMatch(source -> source.peer() == peer);
  }

  /** What goes to a peer, in the order it was given. */
  public List<Transfer> sendsTo(int peer) {
    return Collections.unmodifiableList(sends.get(peer));
  }

  /** What comes from a peer into memory, in the order it was given. */
  public List<Transfer> receivesFrom(int peer) {
    return Collections.unmodifiableList(receives.get(peer));
  }

  /** What comes from other ranks piece by piece. */
  public PieceStreams streams() {
    return streams;
  }

  /** Copies what this rank sends to itself. */
  public void copyOwn() {
    for (Transfer send : sends.get(rank)) {
      for (Transfer receive : receives.get(rank)) {
        if (receive.slot() == send.slot()) {
          var _ = receive.memory().copyFrom(send.memory());
        }
      }
    }
  }
}
