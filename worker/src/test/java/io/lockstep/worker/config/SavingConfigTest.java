package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Which checkpoints a recipe wants written and kept. */
class SavingConfigTest extends RecipeFixture {

  @Test
  void checkpointsThatStayAndDelaysThatExcludeEachOther() throws Exception {
    RunConfig config = parse(FULL);
    assertEquals(6, config.saveDelaySteps(33));
    List<String> problems =
        problems(
            FULL.replace("save_total_limit: 3", "save_total_limit: 0")
                .replaceAll("( *)(save_delay)_epochs: 2", "$0\n$1$2_steps: 1"));
    assertProblem(
        problems, "training.keep_best has no effect while training.save_total_limit is 0");
    assertProblem(
        problems, "custom.save_delay_steps and custom.save_delay_epochs exclude each other");
  }

  @Test
  void checkpointsAreWrittenAtTheEndAloneIfThatIsTheStrategy() throws Exception {
    assertEquals(500, parse(LEAST).training().saving().everySteps());
    assertEquals(
        0,
        parse(LEAST.replace("seed: 7", "seed: 7, save_strategy: \"no\""))
            .training()
            .saving()
            .everySteps());
  }
}
