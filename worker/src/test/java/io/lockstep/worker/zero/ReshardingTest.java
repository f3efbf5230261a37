package io.lockstep.worker.zero;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.plan.Shard;
import io.lockstep.data.plan.Shard.Span;
import io.lockstep.worker.zero.Resharding.Holder;
import io.lockstep.worker.zero.Resharding.Piece;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReshardingTest {

  @Test
  void aWorldThatStaysAsItIsMovesParametersAlone() {
    List<Holder> holders =
        List.of(new Holder(0, new Shard(0, 2, false)), new Holder(1, new Shard(1, 2, false)));
    assertEquals(
        List.of(new Piece(1, 0, new Span(4, 8), false), new Piece(0, 1, new Span(0, 4), false)),
        Resharding.plan(holders, 2, false, false, 8));
  }

  @Test
  void whereWeightsAreSharedOutOnlyTheFirstRankGetsThoseOfOthers() {
    List<Holder> holders =
        List.of(new Holder(0, new Shard(0, 2, false)), new Holder(1, new Shard(1, 2, false)));
    assertEquals(
        List.of(new Piece(1, 0, new Span(4, 8), false)),
        Resharding.plan(holders, 2, false, true, 8));
  }

  @Test
  void theBuddyOfALostRankGivesWhatThatOneOwned() {
    // Rank 1 of three is lost; rank 0 stays rank 0, rank 2 becomes rank 1 and has 1's copy.
    List<Holder> holders =
        List.of(new Holder(0, new Shard(0, 3, true)), new Holder(1, new Shard(2, 3, true)));
    assertEquals(
        List.of(
            // Owned from now on, so far a copy at the other one.
            new Piece(1, 0, new Span(3, 4), true),
            // Copied from now on.
            new Piece(1, 0, new Span(4, 6), true),
            new Piece(0, 1, new Span(0, 3), true)),
        Resharding.plan(holders, 2, true, false, 9));
  }

  @Test
  void whatOneRankGivesAnotherIsCutWhereItsPartsMeet() {
    List<Piece> pieces =
        Resharding.plan(List.of(new Holder(1, new Shard(1, 2, true))), 1, true, false, 8);
    assertEquals(
        List.of(new Piece(1, 0, new Span(0, 4), true), new Piece(1, 0, new Span(4, 8), true)),
        pieces);
  }

  @Test
  void stateThatNobodyHoldsCantBeMoved() {
    List<Holder> holders = List.of(new Holder(0, new Shard(0, 3, true)));
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> Resharding.plan(holders, 1, true, false, 9));
    assertTrue(String.valueOf(error.getMessage()).startsWith("bucket 3 of 9"), error.getMessage());
  }

  @Test
  void everyMemberEndsWithAllItNeedsFromSomebodyWhoHasIt() {
    SplittableRandom random = new SplittableRandom(11);
    int moved = 0;
    for (int round = 0; round < 2000; round++) {
      int buckets = random.nextInt(1, 40);
      boolean replicates = random.nextBoolean();
      int members = random.nextInt(1, 7);
      int departing = random.nextInt(0, 3);
      List<Holder> holders = holders(random, members + departing);
      if (!Shard.coverAll(holders.stream().map(Holder::shard).toList(), buckets)) {
        continue;
      }
      List<Piece> pieces = Resharding.plan(holders, members, replicates, false, buckets);
      moved += pieces.size();
      for (int member = 0; member < members; member++) {
        assertComplete(member, holders, pieces, new Shard(member, members, replicates), buckets);
      }
      for (Piece piece : pieces) {
        assertTrue(
            holders.stream()
                .filter(holder -> holder.rank() == piece.from())
                .flatMap(holder -> holder.shard().held(buckets).stream())
                .anyMatch(span -> span.intersect(piece.buckets()).equals(piece.buckets())),
            piece + " from " + holders);
      }
    }
    assertTrue(moved > 1000, "the rounds move something");
  }

  /** Participants of one old world, some of them with a second shard of a later one. */
  private static List<Holder> holders(SplittableRandom random, int participants) {
    int world = random.nextInt(1, 7);
    int later = random.nextInt(1, 7);
    List<Holder> holders = new ArrayList<>();
    for (int rank = 0; rank < participants; rank++) {
      if (rank < world) {
        holders.add(new Holder(rank, new Shard(world - 1 - rank, world, random.nextBoolean())));
      }
      if (rank < later && random.nextInt(4) == 0) {
        holders.add(new Holder(rank, new Shard(rank, later, true)));
      }
    }
    return holders;
  }

  private static void assertComplete(
      int member, List<Holder> holders, List<Piece> pieces, Shard shard, int buckets) {
    BitSet parameters = new BitSet();
    BitSet moments = new BitSet();
    for (Holder holder : holders) {
      if (holder.rank() == member) {
        holder.shard().held(buckets).forEach(span -> parameters.set(span.first(), span.end()));
        holder.shard().held(buckets).forEach(span -> moments.set(span.first(), span.end()));
      }
    }
    for (Piece piece : pieces) {
      if (piece.to() == member) {
        BitSet got = new BitSet();
        got.set(piece.buckets().first(), piece.buckets().end());
        assertFalse(got.intersects(parameters), "twice: " + piece);
        parameters.or(got);
        if (piece.moments()) {
          moments.or(got);
        }
      }
    }
    assertEquals(buckets, parameters.cardinality());
    for (Span span : shard.held(buckets)) {
      assertEquals(span.end(), moments.nextClearBit(span.first()) >= span.end() ? span.end() : -1);
    }
  }
}
