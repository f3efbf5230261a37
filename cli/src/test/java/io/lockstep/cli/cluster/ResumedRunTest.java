package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that go on from checkpoints, as a user starts them. */
class ResumedRunTest {

  private static final String HALF = "step-00000003";
  private static final String WHOLE = "step-00000006";

  @TempDir private static Path folder;

  private static String recipe = "";
  private static String longer = "";
  private static String undisturbed = "";

  @BeforeAll
  static void train() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    recipe = saving(tiny.recipe());
    longer = saving(tiny.recipe("longer.yaml", tiny.data().resolve("train.jsonl"), 8));
    undisturbed = train(recipe, 2, "first").succeeded().lastLine();
  }

  private static String saving(Path recipe) throws IOException {
    String text = Files.readString(recipe);
    Files.writeString(recipe, text.replace("training: {", "training: {save_steps: 3, "));
    return recipe.toString();
  }

  private static Launched train(String recipe, int workers, String out, String... more)
      throws Exception {
    return Launched.train(folder, Path.of(recipe), workers, out, more);
  }

  @Test
  void aNewRunThatBeginsAtACheckpointEndsWithTheSameWeights() throws Exception {
    String half = folder.resolve("first/checkpoints").resolve(HALF).toString();
    Path part = Files.writeString(folder.resolve("part.yaml"), "training: {save_steps: 3}\n");
    String[] inTwoFiles = {"--base_config", recipe, "--resume-from", half};
    Launched second = train(part.toString(), 1, "second", inTwoFiles).succeeded();
    assertEquals(undisturbed, second.lastLine());
    assertTrue(Files.exists(folder.resolve("second/checkpoints").resolve(HALF)));
    assertEquals(3, Files.readAllLines(new RunFolder(folder.resolve("second")).metrics()).size());
    train(longer, 1, "third", "--resume-from", half)
        .failedWith(1, "training.max_steps was 6 and is now 8", "--acknowledge");
  }

  @Test
  void aDamagedCheckpointIsPassedOverForTheOneBefore() throws Exception {
    assertEquals(undisturbed, train(recipe, 1, "damaged").succeeded().lastLine());
    Path checkpoints = folder.resolve("damaged/checkpoints");
    Path weights = checkpoints.resolve(WHOLE).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 9] ^= 1;
    Files.write(weights, bytes);
    train(recipe, 1, "fourth", "--resume-from", weights.getParent().toString())
        .failedWith(1, "model.safetensors has SHA-256");
    train(longer, 2, "damaged", "--resume", "--acknowledge", "training.max_steps").succeeded();
    String log = Files.readString(folder.resolve("damaged/logs/coordinator.log"));
    assertTrue(log.contains("the checkpoint at step 6 is damaged (model.safetensors"), log);
    assertTrue(Files.exists(checkpoints.resolve("damaged-" + WHOLE)));
    assertTrue(Files.exists(checkpoints.resolve("step-00000008")));
    assertFalse(Files.exists(checkpoints.resolve("step-00000007")));
  }

  @Test
  void aRunGoesOnWithOtherThreadsOnlyIfThatIsAcknowledged() throws Exception {
    String steps = "training.max_steps";
    train(longer, 1, "first", "--threads", "2", "--resume", "--acknowledge", steps)
        .failedWith(
            1,
            "worker-0 computes with 2 threads, this run with 1: start it with --threads 1",
            "--acknowledge numerics.NAME");
    train(
            longer,
            1,
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
    String text = Files.readString(Path.of(longer)).replace("max_steps: 8", "max_steps: 9");
    String longest = Files.writeString(folder.resolve("longest.yaml"), text).toString();
    train(longest, 1, "kept", "--resume-from", checkpoint.toString(), "--acknowledge", steps)
        .failedWith(1, "worker-0 computes with 1 thread, this run with 2");
  }
}
