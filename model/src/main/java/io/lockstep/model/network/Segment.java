package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * A part of a network's computation on one batch: what comes in from other parts, and what goes
 * out.
 *
 * @param index its place among the {@link Segmentation}'s names
 * @param inputs the segments whose outputs it reads
 * @param computation the outputs of those, in that order, to its own output
 */
public record Segment(int index, List<Integer> inputs, Computation computation) {

  /** From inputs to an output; temporaries belong to the innermost scope. */
  @FunctionalInterface
  public interface Computation {
    NDArray apply(List<NDArray> inputs);
  }

  public Segment {
    inputs = List.copyOf(inputs);
  }
}
