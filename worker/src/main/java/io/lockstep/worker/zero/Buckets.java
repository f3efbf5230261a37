package io.lockstep.worker.zero;

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
  }

  /** A bucket with its number. */
  public record Bucket(int index, Range range) {}

  /** Number of buckets. */
  public int count() {
    return Math.toIntExact(Math.ceilDiv(floats, (long) bucketFloats));
  }

  /** Values of one bucket. */
  public Range range(int bucket) {
    long start = (long) bucket * bucketFloats;
    return new Range(start, Math.min(floats, start + bucketFloats));
  }

  /** What a rank owns; empty if there are more ranks than buckets. */
  public Range owned(int rank, int world) {
    return new Range(startOf(firstBucket(rank, world)), startOf(firstBucket(rank + 1, world)));
  }

  /** The buckets a rank owns, ascending. */
  public List<Bucket> ownedBuckets(int rank, int world) {
    List<Bucket> owned = new ArrayList<>();
    for (int bucket = firstBucket(rank, world); bucket < firstBucket(rank + 1, world); bucket++) {
      owned.add(new Bucket(bucket, range(bucket)));
    }
    return List.copyOf(owned);
  }

  private int firstBucket(int rank, int world) {
    return Math.toIntExact((long) count() * rank / world);
  }

  private long startOf(int bucket) {
    return Math.min(floats, (long) bucket * bucketFloats);
  }
}
