package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run takes no worker that would compute other bits or can't reach what the others share. */
class UnfitWorkerTest {

  private static final String AUGMENTATION =
      """
      augmentation:
        ops: [{name: small_object_zoom_paste, params: {source_mode: mixed}}]
      """;

  @TempDir private Path folder;

  @Test
  void workersOnAnotherNodeOrWithOtherThreadsAreRefusedByNameAndTheRunGoesOnWithAnother()
      throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    Path recipe = Files.writeString(tiny.recipe(), Files.readString(tiny.recipe()) + AUGMENTATION);
    Path out = folder.resolve("run");
    StartedByHand started = new StartedByHand(folder, recipe, out);
    try (Launched coordinator = started.coordinator()) {
      int port = started.port(coordinator);
      try (Launched first = started.worker("a", port, "--node", "north")) {
        coordinator.awaitLine("a has loaded");
        try (Launched elsewhere = started.worker("b", port, "--node", "south");
            Launched other = started.worker("c", port, "--node", "north", "--threads", "2")) {
          elsewhere.await();
          elsewhere.failedWith(1, "worker b sits on south and a on north", "source_mode: self");
          other.await();
          other.failedWith(
              1, "worker c computes with 2 threads, this run with 1: start it with --threads 1");
        }
        assertEquals(List.of(), Metrics.read(new RunFolder(out).metrics()).rows());
        try (Launched second = started.worker("d", port, "--node", "north")) {
          second.await();
          second.succeeded();
        }
        first.await();
        first.succeeded();
      }
      coordinator.await();
      coordinator.succeeded();
      assertTrue(coordinator.out().contains("refused c: worker c computes with 2 threads"));
    }
  }
}
