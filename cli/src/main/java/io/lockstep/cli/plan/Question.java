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
 * @param samples of a step
 * @param virtualRanks shares of a step
 * @param bucketFloats values of a bucket
 * @param replicates whether workers keep copies for each other
 * @param ordered whether workers sum gradients, and not NCCL
 * @param scales whether a step has as many samples more as there are more workers, each computing
 *     one share; a recipe says how many samples there are
 * @param world workers, one for each device
 */
public record Question(
    TuningPlan plan,
    long teacherBytes,
    Set<ParameterSpec.Module> frozen,
    MicroBatch batch,
    int samples,
    int virtualRanks,
    int bucketFloats,
    boolean replicates,
    boolean ordered,
    boolean scales,
    int world) {

  public Question {
    frozen = Set.copyOf(frozen);
  }

  /** What is shared out. */
  StageCost.Subject subject() {
    return new StageCost.Subject(
        0,
        SegmentSpec.of(plan.model(), plan.trained()),
        plan.trained(),
        new Buckets(plan.trained().size(), bucketFloats),
        virtualRanks,
        samples / virtualRanks,
        replicates);
  }

  /** Whether all kinds of weights are trained, and no adapter. */
  boolean isFull() {
    return plan.adapter().isEmpty();
  }

  Question with(MicroBatch other) {
    return new Question(
        plan,
        teacherBytes,
        frozen,
        other,
        samples,
        virtualRanks,
        bucketFloats,
        replicates,
        ordered,
        scales,
        world);
  }

  Question withVirtualRanks(int ranks) {
    return new Question(
        plan,
        teacherBytes,
        frozen,
        batch,
        samples,
        ranks,
        bucketFloats,
        replicates,
        ordered,
        scales,
        world);
  }

  Question withoutReplicas() {
    return new Question(
        plan,
        teacherBytes,
        frozen,
        batch,
        samples,
        virtualRanks,
        bucketFloats,
        false,
        ordered,
        scales,
        world);
  }

  /** With the adapter that a recipe has which says nothing of it. */
  Question withAdapter() throws InvalidAdapterException {
    return new Question(
        TuningPlan.adapted(plan.model(), TunerConfig.usualAdapter(), frozen),
        teacherBytes,
        frozen,
        batch,
        samples,
        virtualRanks,
        bucketFloats,
        replicates,
        ordered,
        scales,
        world);
  }

  /**
   * On so many workers, with as many virtual ranks if there are fewer; nothing if the samples of a
   * step can't be shared out so.
   */
  public Optional<Question> on(int workers) {
    int ranks = scales ? workers : Math.max(virtualRanks, workers);
    int shared = scales ? samples / virtualRanks * workers : samples;
    if (shared % ranks != 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Question(
            plan,
            teacherBytes,
            frozen,
            batch.rows() <= shared / ranks ? batch : batch.ofRows(shared / ranks),
            shared,
            ranks,
            bucketFloats,
            replicates,
            ordered,
            scales,
            workers));
  }
}
