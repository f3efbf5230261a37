package io.lockstep.coordinator.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KilledWhileSavingTest {

  private static final int KILLS = 5;
  private static final int MOST_MILLIS = 150;

  @TempDir Path run;

  @Test
  void whateverHasACheckpointsNameIsOneWhenTheProcessIsKilled() throws Exception {
    SplittableRandom random = new SplittableRandom(5);
    long newest = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      killAfter(random.nextInt(MOST_MILLIS));
      CheckpointFolders folders =
          new CheckpointFolders(run, 0, CheckpointFolders.UsableSpace.OF_DISK);
      CheckpointFolders.Choice choice = folders.newestValid(Map.of());
      assertEquals(List.of(), choice.rejected());
      long steps = choice.chosen().map(CheckpointFolders.StoredCheckpoint::steps).orElse(0L);
      assertTrue(steps >= newest, "step " + newest + " was there, now it is " + steps);
      newest = steps;
      for (Path folder : complete()) {
        assertTrue(isRight(folder), folder.toString());
      }
    }
    assertTrue(newest > 0, "no checkpoint was ever completed");
  }

  private void killAfter(int millis) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                EndlessCheckpoints.class.getName(),
                run.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    // From its first checkpoint on: before that it only loads classes.
    try (BufferedReader out = process.inputReader()) {
      String line = out.readLine();
      while (line != null && !line.startsWith("step")) {
        line = out.readLine();
      }
      assertTrue(line != null && line.endsWith("rejected 0"), String.valueOf(line));
      process.waitFor(millis, TimeUnit.MILLISECONDS);
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
  }

  private List<Path> complete() throws IOException {
    try (var entries = Files.list(run.resolve("checkpoints"))) {
      return entries.filter(path -> path.getFileName().toString().startsWith("step-")).toList();
    }
  }

  private static boolean isRight(Path folder) throws IOException {
    boolean intact =
        CheckpointVerifier.verify(folder, CheckpointVerifier.Expected.ANYTHING)
            instanceof CheckpointVerifier.Verdict.Intact;
    long steps = FolderNames.steps(folder).orElseThrow();
    for (String path : List.of(WrittenCheckpoints.MODEL, WrittenCheckpoints.VALUES)) {
      assertArrayEquals(
          WrittenCheckpoints.content(steps, path, EndlessCheckpoints.FILE_BYTES),
          Files.readAllBytes(folder.resolve(path)));
    }
    return intact;
  }
}
