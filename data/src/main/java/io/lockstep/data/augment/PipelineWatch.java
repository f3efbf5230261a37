package io.lockstep.data.augment;

import io.lockstep.data.augment.operator.BarrierResult;

/** Hears what a pipeline does to a picture. */
public interface PipelineWatch {

  /** Hears nothing. */
  PipelineWatch NONE = new PipelineWatch() {};

  /** An operator, or {@code warp} for the accumulated maps, is about to be applied. */
  default void begins(String stage) {}

  /** What a barrier kept of the objects. */
  default void barrier(String operator, BarrierResult result) {}

  /**
   * How long a stage took.
   *
   * @param stage an operator's name, or {@code warp} for the accumulated maps
   */
  default void timed(String stage, long nanos) {}
}
