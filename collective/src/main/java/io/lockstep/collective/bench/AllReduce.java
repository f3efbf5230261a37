package io.lockstep.collective.bench;

import io.lockstep.collective.Collective;
import io.lockstep.collective.reduce.Adder;
import io.lockstep.collective.reduce.TreeReduceScatter;
import io.lockstep.collective.reduce.TreeReduceScatter.Range;
import io.lockstep.collective.tree.Node;
import io.lockstep.collective.tree.ReductionTree;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums float32 memory over all ranks: every rank sends each chunk to its owner, owners sum in tree
 * order, the sums are all-gathered. As many bytes as a ring, the same bits on every rank.
 */
public final class AllReduce {

  private final Collective collective;
  private final TreeReduceScatter reduceScatter;

  /** An all-reduce in which every rank is one leaf of the tree. */
  public AllReduce(Collective collective, Adder adder) {
    this.collective = collective;
    List<List<Node>> leaves = new ArrayList<>();
    for (int rank = 0; rank < collective.size(); rank++) {
      leaves.add(List.of(new Node(rank, rank + 1)));
    }
    this.reduceScatter =
        new TreeReduceScatter(collective, new ReductionTree(collective.size()), leaves, adder);
  }

  /**
   * Replaces {@code data} by its sum over all ranks.
   *
   * @param tag used for the reduce-scatter; {@code tag + 1} for the all-gather
   */
  public void run(long tag, MemorySegment data) {
    List<Range> ranges = ranges(data.byteSize() / Float.BYTES);
    reduceScatter.reduce(tag, ranges, List.of(data));
    MemorySegment[] chunks = new MemorySegment[collective.size()];
    for (int rank = 0; rank < chunks.length; rank++) {
      chunks[rank] = data.asSlice(ranges.get(rank).offset(), ranges.get(rank).bytes());
    }
    collective.allGather(tag + 1, chunks);
  }

  private List<Range> ranges(long floats) {
    int size = collective.size();
    long chunk = Math.ceilDiv(floats, size);
    List<Range> ranges = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      long from = Math.min(floats, chunk * rank);
      long to = Math.min(floats, from + chunk);
      ranges.add(new Range(from * Float.BYTES, (to - from) * Float.BYTES));
    }
    return ranges;
  }
}
