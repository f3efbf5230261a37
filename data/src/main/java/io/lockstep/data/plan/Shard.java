package io.lockstep.data.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What one rank of a world holds of state that is cut into buckets: the buckets it owns, and a
 * replica of the shard that the rank before it owns.
 *
 * @param rank the rank, 0 to {@code world - 1}
 * @param world number of ranks, at least 1
 * @param replicates whether the copy is held too; in a world of one there is nobody to copy
 */
public record Shard(int rank, int world, boolean replicates) {

  /** Buckets [first, end). */
  public record Span(int first, int end) {

    /** Number of buckets. */
    public int size() {
      return end - first;
    }

    /** What both have; empty if nothing. */
    public Span intersect(Span other) {
      int from = Math.max(first, other.first);
      return new Span(from, Math.max(from, Math.min(end, other.end)));
    }
  }

  /** Checks that there is such a rank. */
  public Shard {
    if (world < 1 || rank < 0 || rank >= world) {
      throw new IllegalArgumentException("rank " + rank + " of " + world + " does not exist");
    }
  }

  /**
   * The buckets it owns: {@code [count * rank / world, count * (rank + 1) / world)}, rounded down.
   */
  public Span owned(int buckets) {
    return span(rank, buckets);
  }

  /** The buckets it keeps a replica of; empty if it keeps none. */
  public Span copied(int buckets) {
    return replicates && world > 1 ? span((rank + world - 1) % world, buckets) : new Span(0, 0);
  }

  /** Owned and copied buckets, without empty spans. */
  public List<Span> held(int buckets) {
    List<Span> held = new ArrayList<>();
    for (Span span : List.of(owned(buckets), copied(buckets))) {
      if (span.size() > 0) {
        held.add(span);
      }
    }
    return List.copyOf(held);
  }

  /** The rank that keeps a copy of what this one owns; its own in a world of one. */
  public int replicaRank() {
    return (rank + 1) % world;
  }

  private Span span(int of, int buckets) {
    return new Span(
        Math.toIntExact((long) buckets * of / world),
        Math.toIntExact((long) buckets * (of + 1) / world));
  }

  /** Whether shards, of whatever worlds, together hold every bucket. */
  public static boolean coverAll(List<Shard> shards, int buckets) {
    List<Span> spans = new ArrayList<>();
    shards.forEach(shard -> spans.addAll(shard.held(buckets)));
    spans.sort(Comparator.comparingInt(Span::first));
    int covered = 0;
    for (Span span : spans) {
      if (span.first() > covered) {
        return false;
      }
      covered = Math.max(covered, span.end());
    }
    return covered >= buckets;
  }
}
