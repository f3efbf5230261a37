package io.lockstep.worker.preflight;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.worker.config.DistillationConfig;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.TeacherStudentConfig;
import io.lockstep.worker.config.TunerConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * In what a run trains otherwise than its checkpoints are used: what nobody has to mend, but
 * somebody who compares figures of training with answers has to know. All else is alike, which each
 * checkpoint's certificate proves.
 */
public final class ServedDifferences {

  private static final Set<DatasetTemplate> SUMMARIES =
      Set.of(DatasetTemplate.TARGET_SUMMARY, DatasetTemplate.MIXED);

  private ServedDifferences() {}

  /** A sentence for each. */
  public static List<String> of(RunConfig run) {
    List<String> differences = new ArrayList<>();
    run.custom()
        .activeAugmentation()
        .ifPresent(augmentation -> differences.add(augmented(augmentation)));
    run.teacherStudent()
        .filter(section -> section.teacherRatio() > 0)
        .ifPresent(section -> differences.add(demonstrated(section)));
    run.rlhf()
        .filter(DistillationConfig::writesAnswers)
        .ifPresent(rlhf ->
            differences.add(
                "answers are drawn with temperature %s and at most %d tokens; served ones as each request says"
                    .formatted(rlhf.temperature(), rlhf.maxCompletionLength())));
    if (run.tuner().trainType() == TunerConfig.TrainType.LORA) {
      run.tuner()
          .loraDropout()
          .filter(share -> share > 0)
          .ifPresent(share ->
              differences.add(
                  "dropout (tuner.lora_dropout %s) is of training alone".formatted(share)));
    }
    if (run.datasets().stream().map(DatasetConfig::template).noneMatch(SUMMARIES::contains)) {
      differences.add(
          "no dataset teaches summaries, which Stage-A asks for: add one with template"
              + " target_summary or mixed, or don't ask for them");
    }
    differences.add(
        "no sample has more than %d tokens (global_max_length); longer requests are answered with a warning"
            .formatted(run.maxLength()));
    return differences;
  }

  private static String augmented(AugmentationConfig augmentation) {
    String operators =
        augmentation.ops().stream().map(ConfiguredOperator::name).collect(Collectors.joining(", "));
    return "pictures are augmented (%s); served ones stay as they are".formatted(operators);
  }

  private static String demonstrated(TeacherStudentConfig section) {
    return "%s of the samples follow %d demonstrations; served pictures follow none"
        .formatted(section.teacherRatio(), section.numTeacherSamples());
  }
}
