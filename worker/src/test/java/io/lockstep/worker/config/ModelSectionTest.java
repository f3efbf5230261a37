package io.lockstep.worker.config;

import org.junit.jupiter.api.Test;

/** The section {@code model} of a recipe. */
class ModelSectionTest extends RecipeFixture {

  @Test
  void otherTypesAndKernelsAreRefusedWithWhatToDo() {
    assertProblem(
        problems(LEAST.replace("{model: base}", "{model: base, attn_impl: flash_attention_3}")),
        "model.attn_impl must be one of eager, sdpa, flash_attention_2, not 'flash_attention_3'");
    assertProblem(
        problems(LEAST.replace("{model: base}", "{model: base, torch_dtype: float16}")),
        "model.torch_dtype must be one of float32, bfloat16, not 'float16': float16 overflows");
    assertProblem(
        problems(LEAST.replace("seed: 7", "seed: 7, fp16: true")),
        "training.fp16 must be false, not true: float16 overflows where bfloat16 does not, and needs its losses scaled; set bf16: true instead");
  }
}
