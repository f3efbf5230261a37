package io.lockstep.worker.config;

import org.junit.jupiter.api.Test;

/** The section {@code template} of a recipe. */
class TemplateConfigTest extends RecipeFixture {

  @Test
  void picturesHaveALeastAndAGreatestSize() {
    assertProblem(
        problems(LEAST + "template: {min_pixels: 2048, max_pixels: 1024}\n"),
        "template.min_pixels (2048) must not exceed template.max_pixels (1024)");
  }

  @Test
  void samplesAreNeverCut() {
    assertProblem(
        problems(LEAST + "template: {truncation_strategy: left}"),
        "template.truncation_strategy must be raise, not 'left'");
  }
}
