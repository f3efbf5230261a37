package io.lockstep.cli.plan;

import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.worker.config.TunerConfig;
import io.lockstep.worker.tuning.TuningPlan;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.StageCost;
import java.util.Optional;
import java.util.Set;

/**
 * What is to be trained, and how.
 *
 * @param plan the model and what is trained of it
 * @param teacherBytes weights of a teacher, which every rank holds
 * @param frozen parts of the model that an adapter gets no updates in
 * @param batch what is computed at once
 * @param sharing how a step is shared out
 */
public record Question(
    TuningPlan plan,
    long teacherBytes,
    Set<ParameterSpec.Module> frozen,
    MicroBatch batch,
    Sharing sharing) {

  public Question {
    frozen = Set.copyOf(frozen);
  }

  /** What is shared out. */
  StageCost.Subject subject() {
    return new StageCost.Subject(
        0,
        SegmentSpec.of(plan.model(), plan.trained()),
        plan.trained(),
        new Buckets(plan.trained().size(), sharing.bucketFloats()),
        sharing.virtualRanks(),
        sharing.samples() / sharing.virtualRanks(),
        sharing.replicates());
  }

  /** Whether all kinds of weights are trained, and no adapter. */
  boolean isFull() {
    return plan.adapter().isEmpty();
  }

  Question with(MicroBatch other) {
    return new Question(plan, teacherBytes, frozen, other, sharing);
  }

  Question with(Sharing other) {
    return new Question(plan, teacherBytes, frozen, batch, other);
  }

  /** With the adapter that a recipe has which says nothing of it. */
  Question withAdapter() throws InvalidAdapterException {
    TuningPlan adapted = TuningPlan.adapted(plan.model(), TunerConfig.usualAdapter(), frozen);
    return new Question(adapted, teacherBytes, frozen, batch, sharing);
  }

  /**
   * On so many workers, with as many virtual ranks if there are fewer; nothing if the samples of a
   * step can't be shared out so.
   */
  public Optional<Question> on(int workers) {
    return sharing
        .on(workers)
        .map(shared -> {
          int rows = shared.samples() / shared.virtualRanks();
          return with(batch.rows() <= rows ? batch : batch.ofRows(rows)).with(shared);
        });
  }
}
