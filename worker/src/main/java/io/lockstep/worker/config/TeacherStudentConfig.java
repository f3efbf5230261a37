package io.lockstep.worker.config;

import io.lockstep.config.Key;
import io.lockstep.data.dataset.Demonstrations;
import io.lockstep.model.objective.Objective;
import java.nio.file.Path;

/**
 * Demonstrations before a sample's own turn, and how much their answers count beside its own.
 *
 * @param poolJsonl picture records to choose demonstrations from
 * @param teacherRatio share of samples that get some
 * @param numTeacherSamples how many those get
 * @param teacherLossWeight weight of the mean loss on the answers in demonstrations
 * @param studentLossWeight weight of the mean loss on the samples' own answers
 */
public record TeacherStudentConfig(
    @Key(
            value =
                "Picture records, JSONL, from which demonstrations are chosen: turns of a teacher before the sample's own.",
            mustExist = true)
        Path poolJsonl,
    @Key(
            value =
                "Share of the targets' picture records that get demonstrations, drawn anew for each record and epoch.",
            min = 0,
            max = 1)
        double teacherRatio,
    @Key(value = "How many demonstrations those get.", otherwise = "1", min = 1, max = 16)
        int numTeacherSamples,
    @Key(
            value =
                "Weight of `teacher_lm_loss`, the mean loss on the answers in demonstrations; 0 for demonstrations that are context alone.",
            otherwise = "0.3",
            min = 0,
            max = 1_000)
        double teacherLossWeight,
    @Key(
            value = "Weight of `student_lm_loss`, the mean loss on the samples' own answers.",
            otherwise = "1.0",
            min = 0,
            aboveMin = true,
            max = 1_000)
        double studentLossWeight) {

  /**
   * Reads the pool.
   *
   * @throws io.lockstep.data.jsonl.DataException with what is wrong with its records
   * @throws IllegalArgumentException if it has too few
   */
  public Demonstrations open(long seed) {
    return Demonstrations.open(poolJsonl, teacherRatio, numTeacherSamples, seed);
  }

  /** What is minimised. */
  public Objective.Turns turns() {
    return new Objective.Turns(teacherLossWeight, studentLossWeight);
  }
}
