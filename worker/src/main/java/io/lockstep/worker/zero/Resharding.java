package io.lockstep.worker.zero;

import io.lockstep.data.plan.Shard;
import io.lockstep.data.plan.Shard.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Which pieces of the state move when a membership is formed, from what everybody holds. Every
 * participant computes the same list from the same facts, so nobody has to ask.
 *
 * <p>A member needs the parameters of every bucket, and the moments of those that it will own or
 * copy. If weights are shared out, it needs the parameters of those alone, but rank 0 all of them,
 * for it may be told to save what the membership begins with. What it holds already stays where it
 * is; everything else comes from whoever owned it in the membership before, or else from whoever
 * had a copy.
 */
public final class Resharding {

  private static final int NONE = -1;

  private Resharding() {}

  /** One participant holds a shard. */
  public record Holder(int rank, Shard shard) {}

  /**
   * Parameters of a run of buckets that go from one participant to another. At either end they lie
   * within one part, the owned or the copied one, of one shard.
   *
   * @param moments whether both moments go with them
   */
  public record Piece(int from, int to, Span buckets, boolean moments) {}

  /** A part of a shard: what is owned, or what is copied. */
  private record Part(int rank, Span span, boolean copy) {}

  /**
   * The pieces, by receiver and in bucket order.
   *
   * @param holders who holds what; several shards of one rank count together
   * @param members the members of the new membership; participants from there on only give
   * @param replicates whether members of the new membership keep copies
   * @param sharesWeights whether members keep the parameters of what they own and copy alone
   * @param buckets number of buckets
   * @throws IllegalArgumentException if a bucket is held by nobody
   */
  public static List<Piece> plan(
      List<Holder> holders, int members, boolean replicates, boolean sharesWeights, int buckets) {
    List<Part> parts = new ArrayList<>();
    holders.forEach(holder -> addParts(parts, holder, buckets));
    int[] giving = giving(parts, buckets, holders);
    List<Piece> pieces = new ArrayList<>();
    for (int member = 0; member < members; member++) {
      BitSet held = held(parts, member, buckets);
      List<Part> wanted = new ArrayList<>();
      addParts(wanted, new Holder(member, new Shard(member, members, replicates)), buckets);
      int[] taking = partOf(wanted, buckets);
      int first = 0;
      for (int bucket = 1; bucket <= buckets; bucket++) {
        boolean goesOn =
            bucket < buckets
                && giving[bucket] == giving[first]
                && taking[bucket] == taking[first]
                && held.get(bucket) == held.get(first);
        if (!goesOn) {
          boolean needed = !sharesWeights || member == 0 || taking[first] != NONE;
          if (needed && !held.get(first)) {
            int from = parts.get(giving[first]).rank();
            pieces.add(new Piece(from, member, new Span(first, bucket), taking[first] != NONE));
          }
          first = bucket;
        }
      }
    }
    return List.copyOf(pieces);
  }

  private static void addParts(List<Part> parts, Holder holder, int buckets) {
    parts.add(new Part(holder.rank(), holder.shard().owned(buckets), false));
    parts.add(new Part(holder.rank(), holder.shard().copied(buckets), true));
  }

  /** For each bucket the part that gives it: the first that owns it, else the first copy. */
  private static int[] giving(List<Part> parts, int buckets, List<Holder> holders) {
    int[] giving = partOf(parts, buckets);
    for (int bucket = 0; bucket < buckets; bucket++) {
      if (giving[bucket] == NONE) {
        throw new IllegalArgumentException(
            "bucket %d of %d is held by none of %s".formatted(bucket, buckets, holders));
      }
    }
    return giving;
  }

  private static int[] partOf(List<Part> parts, int buckets) {
    int[] partOf = new int[buckets];
    Arrays.fill(partOf, NONE);
    for (boolean copy : new boolean[] {false, true}) {
      for (int part = 0; part < parts.size(); part++) {
        Span span = parts.get(part).span();
        for (int bucket = span.first(); bucket < span.end(); bucket++) {
          if (parts.get(part).copy() == copy && partOf[bucket] == NONE) {
            partOf[bucket] = part;
          }
        }
      }
    }
    return partOf;
  }

  private static BitSet held(List<Part> parts, int rank, int buckets) {
    BitSet held = new BitSet(buckets);
    for (Part part : parts) {
      if (part.rank() == rank) {
        held.set(part.span().first(), part.span().end());
      }
    }
    return held;
  }
}
