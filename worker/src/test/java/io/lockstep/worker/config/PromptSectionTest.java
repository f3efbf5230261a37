package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The section {@code prompts} of a recipe. */
class PromptSectionTest extends RecipeFixture {

  @Test
  void textsThatNoFileCanHoldAreRefused() {
    assertProblem(
        problems(LEAST + "prompts: {system: \"half \\ud83d of it\"}\n"),
        "prompts.system holds half of a character (surrogate U+D83D) at character 6");
  }

  @Test
  void wordsThatYamlTakesForSomethingElseSurviveTheRoundTrip() throws Exception {
    RunConfig config =
        parse(LEAST + "prompts: {system: \"yes: no # really\\n- 中文 'quoted'\", user: \"012\"}");
    assertEquals(config, RunConfig.parse(config.toYaml(), "copy", Path.of("/")));
  }

  @Test
  void promptsThatCannotBeComposedAreProblems() {
    assertProblem(
        problems(LEAST + "prompts: {profile: summary_runtime}"), "prompts.domain is required");
    assertProblem(
        problems(LEAST + "prompts: {profile: all}"),
        "prompts.profile must be one of summary_train_min, summary_runtime, not 'all'");
    assertProblem(problems(LEAST + "prompts: {domain: xyz}"), "prompts.domain: unknown 'xyz'");
    assertProblem(
        problems(LEAST + "prompts: {domain_text: Indoors}"),
        "prompts.domain_text needs prompts.domain");
  }
}
