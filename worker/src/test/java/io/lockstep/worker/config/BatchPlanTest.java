package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the samples of a step become shares and parts. */
class BatchPlanTest {

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({
    // per device, accumulation, virtual ranks (0: not said) -> samples, ranks, parts, of
    "1, 16, 0, 16, 4, 4, 1",
    "8, 4, 0, 32, 4, 1, 8",
    "32, 1, 0, 32, 4, 1, 8",
    "4, 3, 2, 12, 2, 2, 3",
    "1, 1, 0, 1, 1, 1, 1",
    "2, 3, 0, 6, 2, 3, 1",
    "3, 5, 0, 15, 1, 5, 3",
    "5, 4, 2, 20, 2, 2, 5",
  })
  void aStepIsCutByWhatTheRecipeSays(
      int perDevice, int accumulation, int said, int samples, int ranks, int parts, int ofSamples)
      throws Exception {
    BatchPlan plan = parse(perDevice, accumulation, said).batches();
    assertEquals(new BatchPlan(samples, ranks, parts), plan);
    assertEquals(ofSamples, plan.samplesPerPart());
    assertEquals(parts * ofSamples, plan.samplesPerVirtualRank());
  }

  @Test
  void partsAreTheFewestEqualOnesThatFit() {
    for (int perDevice = 1; perDevice <= 8; perDevice++) {
      for (int accumulation = 1; accumulation <= 8; accumulation++) {
        int global = perDevice * accumulation;
        for (int ranks = 1; ranks <= global; ranks++) {
          if (global % ranks == 0) {
            BatchPlan plan = BatchPlan.of(perDevice, accumulation, ranks);
            int share = global / ranks;
            assertEquals(global, plan.globalBatchSize());
            assertEquals(share, plan.parts() * plan.samplesPerPart(), plan::toString);
            assertTrue(plan.samplesPerPart() <= perDevice, plan::toString);
            for (int fewer = 1; fewer < plan.parts(); fewer++) {
              assertTrue(share % fewer != 0 || share / fewer > perDevice, plan::toString);
            }
          }
        }
      }
    }
  }

  @Test
  void whatIsLeftOutComesToSixteenSamplesAtLeast() throws Exception {
    for (int[] each : new int[][] {{1, 16}, {3, 18}, {8, 16}, {16, 16}, {20, 20}}) {
      String yaml = yaml("per_device_train_batch_size: " + each[0], "{}");
      assertEquals(each[1], read(yaml).batches().globalBatchSize());
    }
  }

  @Test
  void sharesThatDontComeOutEvenAreAProblemThatNamesBothKeys() {
    String problems =
        assertThrows(ConfigException.class, () -> parse(2, 3, 4)).problems().toString();
    for (String part :
        new String[] {
          "cluster.virtual_ranks (4) must divide",
          "training.per_device_train_batch_size * training.gradient_accumulation_steps = 2 * 3 = 6"
        }) {
      assertTrue(problems.contains(part), problems);
    }
  }

  @Test
  void moreSamplesThanAStepCanHaveAreAProblem() {
    String problems =
        assertThrows(ConfigException.class, () -> parse(1 << 20, 1 << 20, 0)).problems().toString();
    assertTrue(
        problems.contains(
            "training.gradient_accumulation_steps times per_device_train_batch_size is more"),
        problems);
  }

  private RunConfig parse(int perDevice, int accumulation, int ranks) throws Exception {
    return read(
        yaml(
            "per_device_train_batch_size: %d, gradient_accumulation_steps: %d"
                .formatted(perDevice, accumulation),
            ranks == 0 ? "{}" : "{virtual_ranks: " + ranks + "}"));
  }

  private static String yaml(String training, String cluster) {
    return """
    global_max_length: 512
    model: {model: base}
    data: {train_jsonl: train.jsonl, template: target_summary}
    training: {%s}
    cluster: %s
    """
        .formatted(training, cluster);
  }

  private RunConfig read(String yaml) throws Exception {
    Files.createDirectories(folder.resolve("base"));
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
    return RunConfig.parse(yaml, "test", folder);
  }
}
