package io.lockstep.worker.config;

import io.lockstep.config.Key;
import java.nio.file.Path;

/**
 * Learning from a teacher (Agarwal et al. 2024, "On-policy distillation of language models").
 *
 * @param rlhfType the kind; there is one
 * @param teacherModel folder of the teacher, which is not trained
 * @param beta share of the teacher in the mixture of the divergence
 * @param sftAlpha weight of the cross entropy beside the divergence
 * @param lmbda share of samples whose answers the student writes itself
 * @param seqKd whether the teacher writes the answers of the others
 * @param temperature with which answers are drawn
 * @param maxCompletionLength most tokens of an answer that is drawn
 */
public record DistillationConfig(
    @Key(value = "The kind of training from a teacher; `gkd` is the one there is.") Type rlhfType,
    @Key(value = "Folder of the teacher, which is not trained.", mustExist = true)
        Path teacherModel,
    @Key(
            value =
                "Share of the teacher in the mixture of the Jensen-Shannon divergence: 0 is the divergence of the student from the teacher, 1 that of the teacher from the student; between, small values anchor lightly.",
            otherwise = "0.5",
            min = 0,
            max = 1)
        double beta,
    @Key(
            value =
                "Weight of the cross entropy of the records' own answers beside the divergence; 0 logs it alone.",
            otherwise = "0.0",
            min = 0,
            max = 1_000)
        double sftAlpha,
    @Key(
            value =
                "Share of samples whose answers the student writes itself, with the weights of that step (on-policy distillation); which ones, follows from seed, epoch and place in it.",
            otherwise = "0.0",
            min = 0,
            max = 1)
        double lmbda,
    @Key(
            value =
                "Whether the teacher writes the answers of the other samples (sequence distillation); else they are the records' own.",
            otherwise = "false")
        boolean seqKd,
    @Key(
            value =
                "Temperature with which answers are drawn; of no effect while none are drawn. The divergence is that of the distributions as they are.",
            otherwise = "0.9",
            min = 0,
            aboveMin = true,
            max = 10)
        double temperature,
    @Key(
            value =
                "Most tokens of an answer that is drawn, and no more than global_max_length leaves for it; of no effect while none are drawn.",
            otherwise = "512",
            min = 1)
        int maxCompletionLength) {

  /** Kinds of training from a teacher. */
  public enum Type {
    /** Generalised knowledge distillation. */
    GKD
  }

  /** Whether answers are written while the run goes on, by the student or its teacher. */
  public boolean writesAnswers() {
    return lmbda > 0 || seqKd;
  }
}
