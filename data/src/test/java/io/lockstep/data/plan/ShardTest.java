package io.lockstep.data.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.plan.Shard.Span;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardTest {

  @Test
  void theOwnedSpansOfAWorldFollowEachOther() {
    assertEquals(new Span(0, 3), new Shard(0, 3, true).owned(10));
    assertEquals(new Span(3, 6), new Shard(1, 3, true).owned(10));
    assertEquals(new Span(6, 10), new Shard(2, 3, true).owned(10));
  }

  @Test
  void aBuddyCopiesTheRankBeforeItAndTheFirstCopiesTheLast() {
    assertEquals(new Span(0, 3), new Shard(1, 3, true).copied(10));
    assertEquals(new Span(6, 10), new Shard(0, 3, true).copied(10));
    assertEquals(0, new Shard(2, 3, true).replicaRank());
    assertEquals(0, new Shard(0, 1, true).copied(10).size());
    assertEquals(0, new Shard(1, 3, false).copied(10).size());
  }

  @ParameterizedTest
  @CsvSource({"2, 7", "3, 10", "4, 3", "5, 64", "7, 100"})
  void withBuddiesAnyOneRankMayBeLostAndTwoNeighboursMayNot(int world, int buckets) {
    for (int lost = 0; lost < world; lost++) {
      assertTrue(Shard.coverAll(without(world, lost, -1), buckets), "without " + lost);
      int next = (lost + 1) % world;
      boolean empty = new Shard(lost, world, true).owned(buckets).size() == 0;
      assertEquals(
          world > 2 && empty, Shard.coverAll(without(world, lost, next), buckets), "and " + next);
    }
  }

  @Test
  void withoutBuddiesEveryRankIsNeeded() {
    List<Shard> all = List.of(new Shard(0, 2, false), new Shard(1, 2, false));
    assertTrue(Shard.coverAll(all, 5));
    assertFalse(Shard.coverAll(all.subList(1, 2), 5));
    assertFalse(Shard.coverAll(List.of(), 1));
  }

  @Test
  void shardsOfDifferentWorldsCoverTogether() {
    assertTrue(Shard.coverAll(List.of(new Shard(1, 2, false), new Shard(0, 2, false)), 8));
    assertTrue(Shard.coverAll(List.of(new Shard(1, 4, true), new Shard(1, 2, false)), 8));
    assertFalse(Shard.coverAll(List.of(new Shard(0, 4, false), new Shard(1, 2, false)), 8));
  }

  @Test
  void ranksOutsideOfTheWorldAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Shard(2, 2, true));
    assertThrows(IllegalArgumentException.class, () -> new Shard(0, 0, true));
  }

  private static List<Shard> without(int world, int lost, int alsoLost) {
    List<Shard> shards = new ArrayList<>();
    for (int rank = 0; rank < world; rank++) {
      if (rank != lost && rank != alsoLost) {
        shards.add(new Shard(rank, world, true));
      }
    }
    return shards;
  }
}
