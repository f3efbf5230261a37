package io.lockstep.worker.config;

import org.junit.jupiter.api.Test;

/** The section {@code model} of a recipe. */
class ModelSectionTest extends RecipeFixture {

  @Test
  void otherTypesAndKernelsAreRefusedWithWhatToDo() {
    assertProblem(
        problems(LEAST.replace("{model: base}", "{model: base, attn_impl: eager}")),
        "model.attn_impl must be one of sdpa, flash_attention_2, not 'eager'");
    assertProblem(
        problems(LEAST.replace("{model: base}", "{model: base, torch_dtype: bfloat16}")),
        "`lockstep export merge --dtype bfloat16`");
    assertProblem(
        problems(LEAST.replace("seed: 7", "seed: 7, bf16: true")),
        "training.bf16 must be false, not true: training computes in float32");
  }
}
