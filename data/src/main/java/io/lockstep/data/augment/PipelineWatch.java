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

  /** An operator is carried out. */
  default void applied(String operator) {}

  /**
   * A picture was not the operator's: by its probability or {@code bypass_prob}, or because its
   * objects may only move.
   */
  default void skipped(String operator) {}

  /**
   * An operator was drawn and left the picture as it is.
   *
   * @param reason one of the operator's own
   */
  default void skipped(String operator, String reason) {}

  /** An operator dropped so many of the objects. */
  default void dropped(String operator, int objects) {}

  /**
   * How long a stage took.
   *
   * @param stage an operator's name, or {@code warp} for the accumulated maps
   */
  default void timed(String stage, long nanos) {}

  /** Both hear everything. */
  default PipelineWatch and(PipelineWatch other) {
    PipelineWatch first = this;
    return new PipelineWatch() {
      @Override
      public void begins(String stage) {
        first.begins(stage);
        other.begins(stage);
      }

      @Override
      public void barrier(String operator, BarrierResult result) {
        first.barrier(operator, result);
        other.barrier(operator, result);
      }

      @Override
      public void applied(String operator) {
        first.applied(operator);
        other.applied(operator);
      }

      @Override
      public void skipped(String operator) {
        first.skipped(operator);
        other.skipped(operator);
      }

      @Override
      public void skipped(String operator, String reason) {
        first.skipped(operator, reason);
        other.skipped(operator, reason);
      }

      @Override
      public void dropped(String operator, int objects) {
        first.dropped(operator, objects);
        other.dropped(operator, objects);
      }

      @Override
      public void timed(String stage, long nanos) {
        first.timed(stage, nanos);
        other.timed(stage, nanos);
      }
    };
  }
}
