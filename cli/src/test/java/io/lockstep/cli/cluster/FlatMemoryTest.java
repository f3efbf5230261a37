package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.run.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker that trains and saves holds as much memory late as early. */
class FlatMemoryTest {

  private static final Path BASE = Path.of("..", "base-model");
  private static final int STEPS = 30;
  private static final int WARM = 8;
  private static final long MEBIBYTE = 1L << 20;

  /**
   * What a forward pass left behind at each of the eleven checkpoints between would exceed many
   * times.
   */
  private static final long SLACK_MEBIBYTES = 80;

  @TempDir private static Path folder;

  @Test
  void stepsAndCheckpointsLeaveNoMemoryBehind() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    Path recipe = tiny.recipe("flat.yaml", tiny.data().resolve("train.jsonl"), STEPS);
    Files.writeString(
        recipe,
        Files.readString(recipe)
            .replace(folder.resolve("model") + ",", BASE.toAbsolutePath().normalize() + ",")
            .replace("weights: initialise", "weights: load")
            .replace(
                "per_device_train_batch_size: 8", "per_device_train_batch_size: 4, save_steps: 2"));
    Path run = folder.resolve("flat");
    Launched.train(folder, recipe, 1, run.toString()).succeeded();
    List<Long> resident = residentMebibytes(run);
    assertEquals(STEPS, resident.size());
    long early = largest(resident.subList(0, WARM));
    long late = largest(resident.subList(STEPS - WARM, STEPS));
    assertTrue(late <= early + SLACK_MEBIBYTES, () -> "MiB after each step: " + resident);
  }

  private static long largest(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).max().orElseThrow();
  }

  private static List<Long> residentMebibytes(Path run) throws Exception {
    ObjectMapper json = new ObjectMapper();
    List<Long> resident = new ArrayList<>();
    for (String line : Files.readAllLines(new RunFolder(run).metrics())) {
      resident.add(json.readTree(line).get("resident_bytes").longValue() / MEBIBYTE);
    }
    return resident;
  }
}
