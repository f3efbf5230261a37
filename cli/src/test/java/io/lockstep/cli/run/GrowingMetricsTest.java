package io.lockstep.cli.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrowingMetricsTest {

  @TempDir private Path folder;

  private static String line(int step, double loss) {
    return "{\"step\":%d,\"loss\":%s}%n".formatted(step, loss);
  }

  private static List<Double> losses(GrowingMetrics metrics) throws IOException {
    return metrics.now().rows().stream().map(Metrics.Row::loss).toList();
  }

  @Test
  void aFileThatGrowsIsReadOn() throws IOException {
    Path file = folder.resolve("logging.jsonl");
    GrowingMetrics metrics = new GrowingMetrics(file);
    assertEquals(List.of(), losses(metrics));
    Files.writeString(file, line(1, 4.5) + "{\"step\":2,");
    assertEquals(List.of(4.5), losses(metrics));
    Files.writeString(file, "\"loss\":4.25}\n", StandardOpenOption.APPEND);
    assertEquals(List.of(4.5, 4.25), losses(metrics));
    assertEquals(List.of(4.5, 4.25), losses(metrics));
  }

  @Test
  void aFileThatWasWrittenAnewIsReadAnewHoweverLongItHasBecome() throws IOException {
    Path file = folder.resolve("logging.jsonl");
    GrowingMetrics metrics = new GrowingMetrics(file);
    Files.writeString(file, line(1, 4.5) + line(2, 4.25) + line(3, 4.125));
    assertEquals(List.of(4.5, 4.25, 4.125), losses(metrics));
    Files.writeString(
        file, line(1, 4.5) + line(2, 3) + line(3, 2.5) + line(4, 2.25) + line(5, 2.125));
    assertEquals(List.of(4.5, 3.0, 2.5, 2.25, 2.125), losses(metrics));
    Files.writeString(file, line(1, 4.5));
    assertEquals(List.of(4.5), losses(metrics));
    Files.delete(file);
    assertEquals(List.of(), losses(metrics));
  }
}
