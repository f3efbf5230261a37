package io.lockstep.worker.completion;

import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.worker.config.DistillationConfig;

/**
 * Whose answer each sample of a run is learned with, and with which randomness an answer is drawn:
 * functions of (seed, epoch, place in the epoch) alone.
 *
 * @param seed the run's
 * @param lmbda share of samples that the student answers
 * @param seqKd whether the teacher answers the others
 * @param temperature with which tokens are drawn
 * @param maxTokens most tokens of an answer
 */
public record AnswerPlan(
    long seed, double lmbda, boolean seqKd, double temperature, int maxTokens) {

  // Keep these draws apart from others that are made from the same seed, epoch and place.
  private static final long WHO = 0x77686f616e7377L;
  private static final long WHAT = 0x77686174616e73L;

  /** Who has written an answer. */
  public enum Author {
    /** Whoever has written the record. */
    RECORD,
    /** The teacher. */
    TEACHER,
    /** The model that is trained. */
    STUDENT
  }

  /** The plan of a run. */
  static AnswerPlan of(long seed, DistillationConfig rlhf) {
    return new AnswerPlan(
        seed, rlhf.lmbda(), rlhf.seqKd(), rlhf.temperature(), rlhf.maxCompletionLength());
  }

  /** Who answers a sample. */
  public Author author(SampleRef draw) {
    boolean own = SplitMix64.unit(SplitMix64.mix(WHO, seed, draw.epoch(), draw.place())) < lmbda;
    if (own) {
      return Author.STUDENT;
    }
    return seqKd ? Author.TEACHER : Author.RECORD;
  }

  /**
   * How the tokens of a sample's answer are chosen.
   *
   * @param room tokens that the run's greatest length leaves for it
   */
  DecodingOptions decoding(SampleRef draw, int room) {
    long own = SplitMix64.mix(WHAT, seed, draw.epoch(), draw.place());
    return new DecodingOptions(temperature, 1, 0, 1, 0, Math.min(maxTokens, room), own);
  }
}
