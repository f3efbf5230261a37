package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.fusion.DatasetConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The section {@code custom} of a recipe. */
class CustomConfigTest extends RecipeFixture {

  @Test
  void augmentationIsReadFromAFileOrFromEitherOfTwoKeys() throws Exception {
    String inline = "augmentation: {bypass_prob: 0.5, ops: [{name: hflip, params: {prob: 0.25}}]}";
    Files.writeString(folder.resolve("augment.yaml"), inline);
    List<String> recipes =
        List.of(
            FULL.replace(inline, "augmentation: augment.yaml"),
            FULL.replace("  " + inline + "\n", "") + inline + "\n");

    for (String recipe : recipes) {
      RunConfig config = RunConfig.parse(recipe, "test", folder);
      assertEquals(Optional.of(augmentation()), config.custom().augmentation());
      assertEquals(config, RunConfig.parseStored(config.toYaml(), "stored"));
    }
  }

  @Test
  void problemsOfAnAugmentationFileNameTheFile() throws Exception {
    Path file = folder.resolve("augment.yaml");
    Files.writeString(
        file, "augmentation: {ops: [{name: hflop}, {name: rotate, params: {prob: 2}}]}");
    String recipe = FULL.replaceAll("augmentation: .*", "augmentation: augment.yaml");
    List<String> problems = problems(recipe + "augmentation: {ops: [hflip]}\n");
    assertProblem(problems, "custom.augmentation and augmentation exclude each other");
    problems = problems(recipe);
    assertProblem(
        problems, "(" + file + ").ops[0]: unknown operator 'hflop': did you mean 'hflip'?");
    assertProblem(problems, "(" + file + ").ops[1].params.prob must be between 0 and 1, not 2");
    assertProblem(
        problems(FULL.replaceAll("augmentation: .*", "augmentation: nowhere.yaml")),
        "custom.augmentation names " + folder.resolve("nowhere.yaml") + ", which does not exist");
  }

  @Test
  void demonstrationsHaveTheUsersWeightsUnlessARecipeSaysOtherwise() throws Exception {
    String pool = "pool_jsonl: train.jsonl, teacher_ratio: 0.5";
    assertEquals(Optional.empty(), parse(LEAST).teacherStudent());
    RunConfig config = parse(LEAST + "custom: {teacher_student: {" + pool + "}}\n");
    assertEquals(
        Optional.of(new TeacherStudentConfig(folder.resolve("train.jsonl"), 0.5, 1, 0.3, 1.0)),
        config.teacherStudent());
    assertEquals(config, RunConfig.parse(config.toYaml(), "copy", Path.of("/")));
    assertProblem(
        problems(LEAST + "custom: {teacher_student: {" + pool + ", student_loss_weight: 0}}\n"),
        "custom.teacher_student.student_loss_weight must be");
    assertProblem(
        problems(
            LEAST
                + "custom: {teacher_student: {"
                + pool
                + "}}\nrlhf: {rlhf_type: gkd, teacher_model: base}\n"),
        "custom.teacher_student and rlhf exclude each other");
  }

  @Test
  void kindsOfTokensAreToldApartForIncludedDatasets() throws Exception {
    assertEquals(Set.of(), parse(LEAST).byKind());
    TokenTypeMetrics defaults = parse(LEAST).custom().tokenTypeMetrics();
    assertEquals(
        new TokenTypeMetrics(false, List.of("target", "lvis"), List.of("coig_lang_chat")),
        defaults);
    String enabled = "custom: {token_type_metrics: {enabled: true%s}}\n";
    assertEquals(Set.of("train"), parse(LEAST + enabled.formatted("")).byKind());
    assertEquals(Set.of(), parse(LEAST + enabled.formatted(", include: [lvis, source]")).byKind());
    assertEquals(Set.of(), parse(LEAST + enabled.formatted(", exclude: [train]")).byKind());
    DatasetConfig only = parse(LEAST).datasets().getFirst();
    TokenTypeMetrics all = new TokenTypeMetrics(true, List.of("source", "train"), List.of());
    assertTrue(all.counts(only, true) && all.counts(only, false));
    TokenTypeMetrics sources = new TokenTypeMetrics(true, List.of("source"), List.of());
    assertTrue(sources.counts(only, false));
    assertFalse(sources.counts(only, true));
  }

  @Test
  void theMonitorNeedsATeacher() {
    assertProblem(
        problems(LEAST + "custom: {trainer_variant: gkd_monitor}\n"),
        "custom.trainer_variant gkd_monitor needs section rlhf");
  }
}
