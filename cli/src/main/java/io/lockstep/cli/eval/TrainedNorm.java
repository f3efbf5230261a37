package io.lockstep.cli.eval;

import io.lockstep.config.ConfigException;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.model.checkpoint.AdapterBase;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The unit of coordinates that a checkpoint was trained with.
 *
 * @param file the stored recipe that says so
 */
public record TrainedNorm(EmitNorm norm, Path file) {

  private static final String RUN_CONFIG = "run.yaml";

  /**
   * What a checkpoint's {@code run.yaml} says, an adapter's or else that of its base model; empty
   * if no run of ours wrote one.
   *
   * @throws ConfigException naming the file, if it can't be understood
   */
  public static Optional<TrainedNorm> of(Path checkpoint) throws IOException, ConfigException {
    Path own = checkpoint.resolve(RUN_CONFIG);
    Path file = Files.exists(own) ? own : AdapterBase.modelOf(checkpoint).resolve(RUN_CONFIG);
    return Files.exists(file)
        ? Optional.of(new TrainedNorm(RunConfig.readStored(file).custom().emitNorm(), file))
        : Optional.empty();
  }
}
