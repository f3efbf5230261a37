package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.run.Digest;
import io.lockstep.cli.run.RunFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The same recipe trained by one worker that nothing happens to, for as many steps as a run of the
 * cluster has made.
 *
 * @param run its folder
 */
record Undisturbed(RunFolder run) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A step as every worker's figures have it; two are equal if all their bits are. */
  private record Step(long number, double loss, double gradientNorm, String digest) {}

  /** Trains until so many steps are committed and the last checkpoint among them is written. */
  static Undisturbed train(DrillCluster cluster, long steps) throws Exception {
    Path folder = cluster.claim();
    Path recipe =
        Files.writeString(folder.resolve("undisturbed.yaml"), DrillRecipe.of(folder.toString()));
    RunFolder run = new RunFolder(folder.resolve("undisturbed"));
    Process train =
        cluster.start(
            "train",
            "--config",
            recipe.toString(),
            "--workers",
            "1",
            "--out",
            run.root().toString());
    try {
      cluster.await(
          "%d undisturbed steps".formatted(steps),
          () -> {
            if (!train.isAlive()) {
              String told =
                  new String(train.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
              throw new AssertionError("undisturbed training ended: " + told);
            }
            return Files.exists(run.metrics())
                && steps(run).size() >= steps
                && Files.isDirectory(run.checkpoint(saved(steps)));
          });
    } finally {
      train.destroy();
      train.waitFor();
    }
    return new Undisturbed(run);
  }

  /** The last checkpoint at regular distances that a run of so many steps has. */
  static long saved(long steps) {
    return steps / DrillRecipe.SAVED * DrillRecipe.SAVED;
  }

  private static List<Step> steps(RunFolder run) throws IOException {
    List<Step> steps = new ArrayList<>();
    String text = Files.readString(run.metrics());
    // The last line may be half written.
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
      JsonNode row = JSON.readTree(line);
      if (row.has("digest")) {
        steps.add(
            new Step(
                row.get("step").asLong(),
                row.get("loss").asDouble(),
                row.get("grad_norm").asDouble(),
                row.get("digest").asText()));
      }
    }
    return steps;
  }

  /**
   * Fails unless the other run has made each of these steps once, with the same bits, and its last
   * checkpoint holds the same weights; returns their SHA-256.
   */
  String requireSame(RunFolder other, long steps) throws IOException {
    List<Step> theirs = steps(other);
    List<Step> ours = steps(run);
    if (theirs.size() != steps) {
      throw new AssertionError(
          "%d steps were committed, %d are logged".formatted(steps, theirs.size()));
    }
    for (int i = 0; i < steps; i++) {
      if (theirs.get(i).number() != i + 1 || !theirs.get(i).equals(ours.get(i))) {
        throw new AssertionError(
            "step %d: %s, undisturbed %s".formatted(i + 1, theirs.get(i), ours.get(i)));
      }
    }
    String weights = Digest.ofCheckpoint(other.checkpoint(saved(steps)));
    String undisturbed = Digest.ofCheckpoint(run.checkpoint(saved(steps)));
    if (!weights.equals(undisturbed)) {
      throw new AssertionError(
          "step %d: %s, undisturbed %s".formatted(saved(steps), weights, undisturbed));
    }
    return weights;
  }
}
