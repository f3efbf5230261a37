package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Worlds and resumed runs take workers alone that compute the same bits. */
class NumericsRunTest {

  @TempDir private static Path folder;
  private static Path recipe = Path.of("");
  private static Path longer = Path.of("");

  @BeforeAll
  static void prepare() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    recipe = tiny.recipe();
    longer = tiny.recipe("longer.yaml", tiny.data().resolve("train.jsonl"), 8);
  }

  private static Launched train(Path recipe, String out, String... more) throws Exception {
    return Launched.train(folder, recipe, 1, out, more);
  }

  @Test
  void aWorkerOfTwoThreadsIsRefusedByName() throws Exception {
    StartedByHand run = new StartedByHand(folder, recipe, folder.resolve("mixed"));
    try (Launched coordinator = run.coordinator()) {
      int port = run.port(coordinator);
      try (Launched first = run.worker("one", port)) {
        coordinator.awaitLine("one has loaded");
        try (Launched other = run.worker("two", port, "--threads", "2")) {
          other.await();
          other.failedWith(
              1, "worker two computes with 2 threads, this run with 1: start it with --threads 1");
        }
        try (Launched second = run.worker("three", port)) {
          second.await();
          second.succeeded();
        }
        first.await();
        first.succeeded();
      }
      coordinator.await();
      coordinator.succeeded();
      assertTrue(coordinator.out().contains("refused two: worker two computes with 2 threads"));
    }
  }

  @Test
  void aRunGoesOnWithOtherThreadsOnlyIfThatIsAcknowledged() throws Exception {
    train(recipe, "first").succeeded();
    String steps = "training.max_steps";
    train(longer, "first", "--threads", "2", "--resume", "--acknowledge", steps)
        .failedWith(
            1,
            "worker-0 computes with 2 threads, this run with 1: start it with --threads 1",
            "--acknowledge numerics.NAME");
    train(
            longer,
            "first",
            "--threads",
            "2",
            "--resume",
            "--acknowledge",
            steps,
            "--acknowledge",
            "numerics.threads")
        .succeeded();
    Path checkpoint = folder.resolve("first/checkpoints/step-00000008");
    String state = Files.readString(checkpoint.resolve("trainer_state.json"));
    assertTrue(state.contains("\"threads\" : \"2\""), state);
    // A run of its own keeps what the checkpoint was computed with.
    Path longest = folder.resolve("longest.yaml");
    Files.writeString(longest, Files.readString(longer).replace("max_steps: 8", "max_steps: 9"));
    train(longest, "second", "--resume-from", checkpoint.toString(), "--acknowledge", steps)
        .failedWith(1, "worker-0 computes with 1 thread, this run with 2");
  }
}
