package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.model.parameter.ParameterSpec.Module;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Learning rates by hand, and those of the public Transformers library. */
class LearningRateScheduleTest {

  private static final double EPSILON = 1e-15;

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({
    // schedule, step of 10 after a warm-up of 2, factor
    "constant_with_warmup, 1, 0.5",
    "constant_with_warmup, 2, 1",
    "constant_with_warmup, 10, 1",
    "linear, 1, 0.5",
    "linear, 2, 1",
    "linear, 3, 1",
    "linear, 6, 0.625",
    "linear, 10, 0.125",
    "cosine, 1, 0.5",
    "cosine, 3, 1",
    "cosine, 7, 0.5",
    "cosine, 10, 0.03806023374435663",
    "cosine_warmup_with_min_lr, 1, 0.5",
    "cosine_warmup_with_min_lr, 2, 1",
    "cosine_warmup_with_min_lr, 6, 0.55",
    "cosine_warmup_with_min_lr, 10, 0.1",
  })
  void factorsByHand(String type, long step, double factor) throws Exception {
    String kwargs = type.contains("min_lr") ? ", lr_scheduler_kwargs: {min_lr_rate: 0.1}" : "";
    OptimizerConfig config =
        parse("learning_rate: 2, warmup_ratio: 0.2, lr_scheduler_type: " + type + kwargs);
    assertEquals(2 * factor, config.lr(Module.LLM, step, 10), EPSILON);
  }

  @Test
  void withoutAWarmUpTheFirstStepHasThePeakAndAFloorIsReachedAtTheLast() throws Exception {
    for (String type : new String[] {"constant", "linear", "cosine"}) {
      OptimizerConfig config = parse("learning_rate: 0.5, lr_scheduler_type: " + type);
      assertEquals(0.5, config.lr(Module.LLM, 1, 10), EPSILON, type);
      assertEquals(0.5, config.lr(Module.LLM, 1, 1), EPSILON, type);
    }
    assertEquals(
        0,
        parse(
                "learning_rate: 0.5, lr_scheduler_type: cosine_warmup_with_min_lr,"
                    + " lr_scheduler_kwargs: {min_lr_rate: 0}")
            .lr(Module.LLM, 1, 1),
        EPSILON);
  }

  /** Its steps are counted from 0, so that its first one learns nothing. */
  @ParameterizedTest
  @EnumSource(names = {"LINEAR", "COSINE", "CONSTANT_WITH_WARMUP"})
  void afterTheWarmUpFactorsAreThoseOfTheLibraryOneStepEarlier(LearningRateSchedule schedule) {
    int total = 37;
    int warmup = 5;
    for (int step = warmup + 1; step <= total; step++) {
      int current = step - 1;
      double expected =
          switch (schedule) {
            case LINEAR -> Math.max(0.0, (double) (total - current) / Math.max(1, total - warmup));
            case COSINE -> {
              double progress = (double) (current - warmup) / Math.max(1, total - warmup);
              yield Math.max(0.0, 0.5 * (1.0 + Math.cos(Math.PI * 0.5 * 2.0 * progress)));
            }
            default -> 1.0;
          };
      assertEquals(expected, schedule.factor(step, warmup, total, 0), EPSILON, "step " + step);
    }
  }

  @Test
  void aLeastRateIsTheSameForAllPartsAndAShareIsNot() throws Exception {
    String rates =
        "learning_rate: 1.0e-3, vit_lr: 1.0e-4, aligner_lr: 0, lr_scheduler_type:"
            + " cosine_warmup_with_min_lr, lr_scheduler_kwargs: ";
    OptimizerConfig least = parse(rates + "{min_lr: 1.0e-5}");
    assertEquals(1e-5, least.lr(Module.LLM, 10, 10), 1e-18);
    assertEquals(1e-5, least.lr(Module.VIT, 10, 10), 1e-18);
    assertEquals((1e-3 + 1e-5) / 2, least.lr(Module.LLM, 5, 10), 1e-18);
    assertEquals((1e-4 + 1e-5) / 2, least.lr(Module.VIT, 5, 10), 1e-18);
    assertEquals(0, least.lr(Module.ALIGNER, 5, 10));
    OptimizerConfig share = parse(rates + "{min_lr_rate: 0.1}");
    assertEquals(1e-4, share.lr(Module.LLM, 10, 10), 1e-18);
    assertEquals(1e-5, share.lr(Module.VIT, 10, 10), 1e-18);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lr_scheduler_type: constant, warmup_ratio: 0.1 | training.lr_scheduler_type constant has no warm-up: write constant_with_warmup",
        "lr_scheduler_kwargs: {min_lr: 0} | training.lr_scheduler_kwargs need training.lr_scheduler_type: cosine_warmup_with_min_lr",
        "lr_scheduler_type: linear, lr_scheduler_kwargs: {min_lr_rate: 0.1} | training.lr_scheduler_kwargs need training.lr_scheduler_type",
        "lr_scheduler_type: cosine_warmup_with_min_lr | training.lr_scheduler_kwargs.min_lr or training.lr_scheduler_kwargs.min_lr_rate must be given, and only one of them",
        "lr_scheduler_type: cosine_warmup_with_min_lr, lr_scheduler_kwargs: {min_lr: 0, min_lr_rate: 0} | must be given, and only one of them",
        "lr_scheduler_type: cosine_warmup_with_min_lr, lr_scheduler_kwargs: {min_lr: 0.01}, learning_rate: 0.001 | training.lr_scheduler_kwargs.min_lr (0.01) must not exceed the learning rate of any part of the model, which is 0.001 for LLM",
        "lr_scheduler_type: cosine_warmup_with_min_lr, lr_scheduler_kwargs: {min_lr: 0.01}, learning_rate: 1, vit_lr: 0.001 | which is 0.001 for VIT",
        "lr_scheduler_type: polynomial | training.lr_scheduler_type must be one of constant, constant_with_warmup, linear, cosine, cosine_warmup_with_min_lr, not 'polynomial'",
      })
  void whatContradictsItselfIsRefused(String training, String told) {
    String problems =
        assertThrows(ConfigException.class, () -> parse(training)).problems().toString();
    assertTrue(problems.contains(told), problems);
  }

  @Test
  void theFloorOfAPartThatStaysAsItIsDoesntMatter() throws Exception {
    String training =
        "lr_scheduler_type: cosine_warmup_with_min_lr, lr_scheduler_kwargs: {min_lr: 0.01},"
            + " learning_rate: 1, vit_lr: 0.001";
    assertEquals(0.01, parse(training, true).lr(Module.LLM, 10, 10), EPSILON);
  }

  private OptimizerConfig parse(String training) throws Exception {
    return parse(training, false);
  }

  private OptimizerConfig parse(String training, boolean freezeVit) throws Exception {
    Files.createDirectories(folder.resolve("base"));
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
    return RunConfig.parse(
            """
            global_max_length: 512
            model: {model: base}
            data: {train_jsonl: train.jsonl, template: target_summary}
            tuner: {train_type: full, freeze_vit: %s, freeze_aligner: false}
            training: {%s}
            """
                .formatted(freezeVit, training),
            "test",
            folder)
        .optimizer();
  }
}
