package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.model.parameter.ParameterSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The optimizer's keys in the section {@code training} of a recipe. */
class OptimizerConfigTest extends RecipeFixture {

  @Test
  void aRunThatTrainsNothingIsAProblem() {
    assertProblem(
        problems(LEAST.replace("1.0e-4", "0")), "training.learning_rate is 0 for every part");
  }

  @Test
  void onlyMatricesDecayUnlessVectorsAreAskedFor() throws Exception {
    ParameterSpec matrix = ParameterSpec.of(ParameterSpec.Module.LLM, "a.weight", 2, 3);
    ParameterSpec vector = ParameterSpec.of(ParameterSpec.Module.LLM, "norm.weight", 3);
    OptimizerConfig both = parse(FULL).optimizer();
    OptimizerConfig matrices =
        parse(FULL.replace("decay_vectors: true", "decay_vectors: false")).optimizer();
    assertEquals(List.of(0.2, 0.2), List.of(both.decay(matrix), both.decay(vector)));
    assertEquals(List.of(0.2, 0.0), List.of(matrices.decay(matrix), matrices.decay(vector)));
  }
}
