package io.lockstep.data.plan;

/**
 * The contiguous block of virtual ranks that one worker computes.
 *
 * @param first the first virtual rank
 * @param end one past the last
 */
public record RankSpan(int first, int end) {

  /**
   * The block of a worker: {@code [rank * V / world, (rank + 1) * V / world)}, rounded down. The
   * blocks of all ranks cover 0..V-1 in rank order and differ in size by one at most.
   */
  public static RankSpan of(int virtualRanks, int rank, int world) {
    if (world < 1 || world > virtualRanks) {
      throw new IllegalArgumentException(
          "the world size ("
              + world
              + ") must lie between 1 and the number of virtual ranks ("
              + virtualRanks
              + "); raise cluster.virtual_ranks to use more workers");
    }
    if (rank < 0 || rank >= world) {
      throw new IllegalArgumentException("rank " + rank + " is outside of 0.." + (world - 1));
    }
    return new RankSpan(
        boundary(virtualRanks, rank, world), boundary(virtualRanks, rank + 1, world));
  }

  /** How many virtual ranks the block holds. */
  public int size() {
    return end - first;
  }

  /** Whether a virtual rank lies in the block. */
  public boolean contains(int virtualRank) {
    return virtualRank >= first && virtualRank < end;
  }

  private static int boundary(int virtualRanks, int rank, int world) {
    return (int) ((long) rank * virtualRanks / world);
  }
}
