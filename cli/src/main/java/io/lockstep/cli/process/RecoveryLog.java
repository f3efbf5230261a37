package io.lockstep.cli.process;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.cli.rpc.RunStatus;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes down what struck a run's processes and how long it took until a step was committed by a
 * world that was formed afterwards: one JSON object for each in {@code strikes.jsonl}.
 */
final class StrikeLog {

  static final String FILE_NAME = "strikes.jsonl";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final List<Open> open = new ArrayList<>();

  /** A strike whose recovery is awaited. */
  private static final class Open {
    private final Strike strike;
    private final long generation;
    private final long steps;
    private final long nanos;

    /** Steps that were committed when the first world after the strike was seen; -1 before. */
    private long stepsOfNewWorld = -1;

    Open(Strike strike, RunStatus status, long nanos) {
      this.strike = strike;
      this.generation = status.generation();
      this.steps = status.steps();
      this.nanos = nanos;
    }
  }

  StrikeLog(Path folder) {
    file = folder.resolve(FILE_NAME);
  }

  /**
   * A process was struck when the run stood there. A worker that was in no world yet, such as one
   * that was loading, leaves nothing to recover from.
   */
  void struck(Strike strike, RunStatus status) {
    boolean trains =
        strike.process().equals("coordinator")
            || status.workers().stream()
                .anyMatch(worker -> worker.id().equals(strike.process()) && worker.rank() >= 0);
    if (trains) {
      open.add(new Open(strike, status, System.nanoTime()));
    } else {
      append(described(strike, status.steps(), status.generation()));
    }
  }

  /** The run stands here now. */
  void saw(RunStatus status) {
    long now = System.nanoTime();
    for (Open strike : open) {
      if (status.generation() > strike.generation && strike.stepsOfNewWorld < 0) {
        strike.stepsOfNewWorld = status.steps();
      } else if (strike.stepsOfNewWorld >= 0 && status.steps() > strike.stepsOfNewWorld) {
        write(strike, status, (now - strike.nanos) / 1e9);
      }
    }
    open.removeIf(strike -> strike.stepsOfNewWorld >= 0 && status.steps() > strike.stepsOfNewWorld);
  }

  private void write(Open strike, RunStatus status, double seconds) {
    append(
        described(strike.strike, strike.steps, strike.generation)
            .put("recovered_generation", status.generation())
            .put("recovered_steps", status.steps())
            .put("recovery_seconds", seconds));
  }

  private static ObjectNode described(Strike strike, long steps, long generation) {
    return JSON.createObjectNode()
        .put("process", strike.process())
        .put("signal", strike.signal().name())
        .put("steps", steps)
        .put("generation", generation);
  }

  private void append(ObjectNode line) {
    try {
      FileWrites.text(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
