package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The section {@code training} of a recipe, without its optimizer. */
class TrainingConfigTest extends RecipeFixture {

  @Test
  void sharedOutWeightsNeedCheckpointing() throws Exception {
    String shared = LEAST + "deepspeed: {config: zero3}\n";
    assertTrue(parse(shared).training().checkpoints());
    assertFalse(parse(LEAST).training().checkpoints());
    assertFalse(
        parse(LEAST + "deepspeed: {config: zero3, enabled: false}\n").training().checkpoints());
    assertProblem(
        problems(shared.replace("seed: 7", "seed: 7, gradient_checkpointing: false")),
        "training.gradient_checkpointing must be true with zero3");
  }

  @Test
  void lengthIsGivenInStepsOrElseInEpochs() throws Exception {
    assertEquals(10, parse(LEAST).training().totalSteps(1000));
    String epochs = LEAST.replace("max_steps: 10,", "num_train_epochs: 1.5,");
    assertEquals(19, parse(epochs).training().totalSteps(100), "150 samples, 8 in a step");
    assertEquals(1, parse(epochs).training().totalSteps(1));
    assertEquals(
        10,
        parse(LEAST.replace("max_steps: 10,", "max_steps: 10, num_train_epochs: 1.5,"))
            .training()
            .totalSteps(1000));
    assertProblem(
        problems(LEAST.replace("max_steps: 10,", "num_train_epochs: 0,")),
        "training.num_train_epochs must be more than 0");
  }

  @Test
  void stepsAreCutIntoEqualPartsOfVirtualRanks() throws Exception {
    String parts =
        LEAST.replace(
            "size: 8, gradient_accumulation_steps: 1", "size: 1, gradient_accumulation_steps: 8");
    assertEquals(new BatchPlan(8, 4, 2), parse(parts).batches());
    assertEquals(new BatchPlan(8, 4, 1), parse(LEAST).batches());
    assertProblem(
        problems(parts + "cluster: {virtual_ranks: 3}\n"),
        "cluster.virtual_ranks (3) must divide the samples of a step, which are"
            + " training.per_device_train_batch_size * training.gradient_accumulation_steps = 1 * 8 = 8");
  }
}
