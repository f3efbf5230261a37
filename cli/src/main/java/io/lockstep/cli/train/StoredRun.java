package io.lockstep.cli.train;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.config.ConfigComparison;
import io.lockstep.config.ConfigException;
import io.lockstep.coordinator.Numerics;
import io.lockstep.worker.checkpoint.TrainerState;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.RunInputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a run or a checkpoint keeps of its configuration, before a run goes on from there.
 *
 * @param file where it is kept
 * @param config what the run began with
 */
public record StoredRun(Path file, RunConfig config) {

  private static final String CONFIG = "run.yaml";

  /**
   * Reads the configuration of a run.
   *
   * @throws UserError if the folder holds no run
   */
  public static StoredRun of(RunFolder folder) throws IOException, ConfigException {
    Path file = folder.root().resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      throw new UserError(
          folder.root() + " holds no run that could go on: name its folder with --out");
    }
    return new StoredRun(file, RunConfig.readStored(file));
  }

  /**
   * Reads the configuration with which a checkpoint was trained.
   *
   * @throws UserError if the folder is no checkpoint of a run
   */
  public static StoredRun ofCheckpoint(Path folder) throws IOException, ConfigException {
    Path file = folder.resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      throw new UserError(
          "%s holds no %s: name the checkpoint of a run with --resume-from"
              .formatted(folder, CONFIG));
    }
    return new StoredRun(file, RunConfig.readStored(file));
  }

  /**
   * Compares another configuration with what the run began with.
   *
   * @param resumed with what its files hold
   * @param acknowledged keys whose change is wanted although it changes the weights; those of
   *     numerics are the coordinator's, which hears what workers compute with
   * @return one line for each difference that is let through
   * @throws ConfigException naming every difference that is refused
   */
  public List<String> compare(RunConfig resumed, Set<String> acknowledged) throws ConfigException {
    Set<String> ofTheRecipe =
        acknowledged.stream()
            .filter(key -> !key.startsWith(Numerics.PREFIX))
            .collect(Collectors.toUnmodifiableSet());
    return ConfigComparison.of(config, resumed)
        .require("the recipe differs from " + file, ofTheRecipe);
  }

  /**
   * What a checkpoint was computed with.
   *
   * @param acknowledged keys such as {@code numerics.threads}, which may differ
   */
  public static Numerics numerics(Path checkpoint, Set<String> acknowledged) throws IOException {
    return new Numerics(TrainerState.read(checkpoint).numerics()).without(acknowledged);
  }

  /** Steps of a checkpoint that changed no weight. */
  public static long skippedSteps(Path checkpoint) throws IOException {
    return TrainerState.read(checkpoint).skippedSteps();
  }

  /** The configuration with what its files hold now, so that a run can tell whether they change. */
  public static RunConfig withInputs(RunConfig run) throws IOException {
    return run.withInputs(RunInputs.measure(run));
  }
}
