package io.lockstep.cli.plan;

import io.lockstep.model.cost.ActivationBytes;
import io.lockstep.worker.zero.DeviceState;
import java.io.IOException;

/**
 * The memory of a device that the rank needs which needs most, in bytes, at the moment when most is
 * there.
 *
 * @param weights what is trained, in float32, and what is not, in the type that is computed in
 * @param copy of what is trained, which rank 0 writes checkpoints from
 * @param gradients flat buffers of gradients, and those of the segment that is computed
 * @param moments both of AdamW
 * @param reduced sums over all ranks, of what it owns and copies
 * @param activations of one micro-batch, and trained weights that are rounded for it
 * @param logits of the positions that are computed at once, and what becomes of them; 0 if more is
 *     there at another moment
 * @param exchange pieces that arrive from other ranks
 * @param allowance kept free
 * @param most what is computed when most is there
 */
record RankMemory(
    long weights,
    long copy,
    long gradients,
    long moments,
    long reduced,
    long activations,
    long logits,
    long exchange,
    long allowance,
    String most) {

  /** Counts it. */
  static RankMemory of(Question question, long allowance) throws IOException {
    Sharing sharing = question.sharing();
    DeviceState state =
        DeviceState.of(question.subject(), sharing.stage(), sharing.world(), sharing.ordered());
    ActivationBytes.Moment most =
        ActivationBytes.of(
                question.plan().model(),
                question.batch().load(),
                new ActivationBytes.Mode(
                    question.plan().trained(),
                    question.batch().checkpointing(),
                    question.plan().adapter(),
                    ActivationBytes.Place.CUDA))
            .most();
    return new RankMemory(
        state.weightBytes() + question.plan().frozenBytes() + question.teacherBytes(),
        state.copyBytes(),
        state.gradientBytes() + most.gradients(),
        state.optimizerBytes(),
        state.reducedBytes(),
        most.kept() + most.computed() + most.rounded(),
        most.logits(),
        state.exchangeBytes(),
        allowance,
        most.name());
  }

  /** All of it. */
  long total() {
    return weights
        + copy
        + gradients
        + moments
        + reduced
        + activations
        + logits
        + exchange
        + allowance;
  }
}
