package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
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
            value = "Share of samples whose answers the student writes itself.",
            otherwise = "0.0",
            min = 0,
            max = 0,
            remedy =
                "answers are those of the records (forward-only distillation): set lmbda to 0, and sft_alpha above 0 if the records' words count, too")
        double lmbda,
    @Key(
            value = "Whether the teacher writes the answers of the other samples.",
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
            value = "Most tokens of an answer that is drawn; of no effect while none are drawn.",
            otherwise = "512",
            min = 1)
        int maxCompletionLength)
    implements Checked {

  /** Kinds of training from a teacher. */
  public enum Type {
    /** Generalised knowledge distillation. */
    GKD
  }

  @Override
  public void check(Place section) {
    if (seqKd) {
      section
          .at("seq_kd")
          .problem(
              "is true, but answers are those of the records (forward-only distillation): set it to"
                  + " false, or let the teacher write the answers beforehand and train on them");
    }
  }
}
