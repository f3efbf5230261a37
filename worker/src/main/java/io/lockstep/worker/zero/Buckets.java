package io.lockstep.worker.zero;

import io.lockstep.data.plan.Shard;
import java.util.ArrayList;
import java.util.List;

/**
 * The cut of a flat buffer into buckets of one size (the last may be shorter), and the contiguous
 * range of buckets each rank owns. The buckets are the same for every number of workers, so
 * per-bucket figures (norms, digests) are too.
 *
 * @param floats values of the flat buffer
 * @param bucketFloats values of a bucket
 */
public record Buckets(long floats, int bucketFloats) {

  /** A range of the flat buffer: values [start, end). */
  public record Range(long start, long end) {
    /** Number of values. */
    public long floats() {
      return end - start;
    }

    /** What both have; empty if nothing. */
    public Range intersect(Range other) {
      long from = Math.max(start, other.start);
      return new Range(from, Math.max(from, Math.min(end, other.end)));
    }
  }

  /** What of a range lies outside of all holes, ascending. */
  public static List<Range> without(Range range, List<Range> holes) {
    List<Range> rest = new ArrayList<>(List.of(range));
    for (Range hole : holes) {
      List<Range> cut = new ArrayList<>();
      for (Range part : rest) {
        Range gone = part.intersect(hole);
        if (gone.floats() == 0) {
          cut.add(part);
        } else {
          add(cut, new Range(part.start(), gone.start()));
          add(cut, new Range(gone.end(), part.end()));
        }
      }
      rest = cut;
    }
    return List.copyOf(rest);
  }

  private static void add(List<Range> ranges, Range range) {
    if (range.floats() > 0) {
      ranges.add(range);
    }
  }

  /** A bucket with its number. */
  public record Bucket(int index, Range range) {}

  /** The whole buffer. */
  public Range whole() {
    return new Range(0, floats);
  }

  /** The first value at or after this one with which a bucket begins; the end if none does. */
  public long nextBoundary(long value) {
    return Math.min(floats, Math.ceilDiv(value, (long) bucketFloats) * bucketFloats);
  }

  /** Number of buckets. */
  public int count() {
    return Math.toIntExact(Math.ceilDiv(floats, (long) bucketFloats));
  }

  /** Values of one bucket. */
  public Range range(int bucket) {
    long start = (long) bucket * bucketFloats;
    return new Range(start, Math.min(floats, start + bucketFloats));
  }

  /** Values of a span of buckets. */
  public Range range(Shard.Span span) {
    return new Range(startOf(span.first()), startOf(span.end()));
  }

  /** What a shard holds, owned or copied. */
  public List<Range> held(Shard shard) {
    return shard.held(count()).stream().map(this::range).toList();
  }

  /** What a rank owns; empty if there are more ranks than buckets. */
  public Range owned(int rank, int world) {
    return range(new Shard(rank, world, false).owned(count()));
  }

  /** The buckets of a span, ascending. */
  public List<Bucket> buckets(Shard.Span span) {
    List<Bucket> buckets = new ArrayList<>();
    for (int bucket = span.first(); bucket < span.end(); bucket++) {
      buckets.add(new Bucket(bucket, range(bucket)));
    }
    return List.copyOf(buckets);
  }

  private long startOf(int bucket) {
    return Math.min(floats, (long) bucket * bucketFloats);
  }
}
