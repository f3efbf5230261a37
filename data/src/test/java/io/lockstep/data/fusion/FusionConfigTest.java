package io.lockstep.data.fusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.prompt.PromptTexts;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FusionConfigTest {

  @Test
  void targetsCountTheirOwnRecordsAndSourcesThoseOfTheTargets() {
    FusionConfig fusion =
        new FusionConfig(
            1,
            List.of(dataset("a", 1), dataset("b", 0.25), dataset("c", 2.5)),
            List.of(dataset("x", 0.1), dataset("y", 1)));
    // 0.25 of 50 is 12.5, which goes to the even neighbour.
    assertEquals(
        List.of(100L, 12L, 25L, 14L, 137L), fusion.quotas(List.of(100L, 50L, 10L, 1000L, 3L)));
  }

  @Test
  void aDatasetOfWhichThereIsTooLittleIsDrawnWithReplacement() {
    FusionConfig fusion = new FusionConfig(1, List.of(dataset("a", 2)), List.of(dataset("x", 0.5)));
    FusionOrder order = fusion.order(List.of(10L, 5L));
    assertEquals(30, order.samples());
    assertEquals(9, order.replacements(3));
    assertEquals(4, order.replacements(12));
  }

  @Test
  void everyDatasetThatWouldNeverBeDrawnIsNamed() {
    FusionConfig fusion =
        new FusionConfig(1, List.of(dataset("a", 0.01)), List.of(dataset("x", 0.1)));
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> fusion.quotas(List.of(10L, 5L)))
                .getMessage());
    assertTrue(message.contains("'a' would be drawn 0 times") && message.contains("'x'"), message);
  }

  private static DatasetConfig dataset(String name, double ratio) {
    return new DatasetConfig(
        name,
        Path.of(name + ".jsonl"),
        Optional.empty(),
        DatasetTemplate.TARGET_DENSE,
        0.5,
        ratio,
        0,
        true,
        0,
        true,
        true,
        List.of(),
        PromptTexts.NONE);
  }
}
