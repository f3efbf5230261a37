package io.lockstep.cli.train;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.worker.config.ConfigComparison;
import io.lockstep.worker.config.ConfigException;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.RunInputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The run that a folder holds, before it goes on.
 *
 * @param folder its folder
 * @param config what it began with
 */
public record StoredRun(RunFolder folder, RunConfig config) {

  private static final String CONFIG = "run.yaml";

  /**
   * Reads what a run keeps of its configuration.
   *
   * @throws UserError if the folder holds no run
   */
  public static StoredRun of(RunFolder folder) throws IOException, ConfigException {
    Path file = folder.root().resolve(CONFIG);
    if (!Files.isRegularFile(file)) {
      throw new UserError(
          folder.root() + " holds no run that could go on: name its folder with --out");
    }
    return new StoredRun(folder, RunConfig.readStored(file));
  }

  /**
   * Compares another configuration, and the files it names, with what the run began with.
   *
   * @param acknowledged keys whose change is wanted although it changes the weights
   * @return one line for each difference that is let through
   * @throws ConfigException naming every difference that is refused
   */
  public List<String> compare(RunConfig resumed, Set<String> acknowledged)
      throws IOException, ConfigException {
    RunConfig complete = withInputs(resumed.withOutputDir(folder.root()));
    return ConfigComparison.of(config, complete)
        .require(folder.root().resolve(CONFIG).toString(), acknowledged);
  }

  /** The configuration with what its files hold now, so that a run can tell whether they change. */
  public static RunConfig withInputs(RunConfig run) throws IOException {
    return run.withInputs(RunInputs.measure(run));
  }
}
