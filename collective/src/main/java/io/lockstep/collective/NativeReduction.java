package io.lockstep.collective;

import io.lockstep.tensor.Buffer;
import java.util.List;

/**
 * Sums that a transport's own library makes, in an order of its choice: faster than sending all
 * summands to where they are summed, and the same bits again only in the same world on the same
 * machines. Memory lies on the transport's device. Calls count as exchanges of their collective,
 * with the same order on all ranks and the same errors.
 */
public interface NativeReduction {

  /**
   * Sums float32 values over all ranks, in place, for all.
   *
   * @param tag names the exchange
   * @param values equal in number on all ranks
   */
  void allReduce(long tag, Buffer values);

  /**
   * Sums float32 values over all ranks: afterwards a rank's own part is the sum over all ranks, and
   * what the other parts hold is not defined.
   *
   * @param tag names the exchange
   * @param parts one per rank, which the rank's sum is for; the same lengths on all ranks
   */
  void reduceScatter(long tag, List<Buffer> parts);

  /**
   * Gives every rank the memory of all.
   *
   * @param tag names the exchange
   * @param parts one per rank; the own one is read, the others are filled
   */
  void allGather(long tag, List<Buffer> parts);
}
