package io.lockstep.cli.command;

import io.lockstep.coordinator.RunPlan;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What the coordinator needs to know of a recipe. */
final class RunPlans {

  private static final int LEASE_STEPS = 16;
  private static final Duration HEARTBEAT = Duration.ofMillis(500);
  private static final Duration HEARTBEAT_TIMEOUT = Duration.ofSeconds(15);

  /** A checkpoint holds the weights and, of each, a master copy and two moments. */
  private static final int CHECKPOINT_COPIES = 4;

  private RunPlans() {}

  static RunPlan of(RunConfig run, int workers, Path out) throws IOException {
    long samples;
    try (JsonlFile train = JsonlFile.open(run.data().trainJsonl())) {
      samples = train.size();
    }
    return new RunPlan(
        run.name(),
        run.toYaml(),
        workers,
        run.training().virtualRanks(),
        run.training().totalSteps(samples),
        run.training().saveSteps(),
        LEASE_STEPS,
        HEARTBEAT,
        HEARTBEAT_TIMEOUT,
        checkpointBytes(run.model().path()),
        out);
  }

  private static long checkpointBytes(Path model) throws IOException {
    Path weights = model.resolve(TensorSource.WEIGHTS_FILE);
    return Files.exists(weights) ? CHECKPOINT_COPIES * Files.size(weights) : 0;
  }
}
