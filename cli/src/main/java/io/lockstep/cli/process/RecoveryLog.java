package io.lockstep.cli.process;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes which faults were injected into a run's processes, and how long it took until members of a
 * later generation had committed a step: one JSON object for each fault in {@code strikes.jsonl}.
 */
final class RecoveryLog {

  static final String FILE_NAME = "strikes.jsonl";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final List<Pending> pending = new ArrayList<>();

  /** A fault whose recovery is awaited. */
  private static final class Pending {
    private final Fault fault;
    private final long generation;
    private final long steps;
    private final long nanos;

    /** Steps that were committed when a later generation was first seen; -1 before. */
    private long stepsAtNextGeneration = -1;

    Pending(Fault fault, RunStatus status, long nanos) {
      this.fault = fault;
      this.generation = status.generation();
      this.steps = status.steps();
      this.nanos = nanos;
    }

    void observe(RunStatus status) {
      if (stepsAtNextGeneration < 0 && status.generation() > generation) {
        stepsAtNextGeneration = status.steps();
      }
    }

    boolean isRecovered(RunStatus status) {
      return stepsAtNextGeneration >= 0 && status.steps() > stepsAtNextGeneration;
    }
  }

  RecoveryLog(Path folder) {
    file = folder.resolve(FILE_NAME);
  }

  /**
   * A fault was injected. A worker that was no member yet, such as one that was loading, leaves
   * nothing to recover from.
   *
   * @param status the run just before
   */
  void injected(Fault fault, RunStatus status) {
    boolean takesPart =
        fault.process().equals("coordinator")
            || status.workers().stream()
                .anyMatch(worker -> worker.name().equals(fault.process()) && worker.rank() >= 0);
    if (takesPart) {
      pending.add(new Pending(fault, status, System.nanoTime()));
    } else {
      append(described(fault, status.steps(), status.generation()));
    }
  }

  /** Writes the faults from which the run has recovered by now. */
  void observe(RunStatus status) {
    long now = System.nanoTime();
    pending.forEach(each -> each.observe(status));
    pending.stream()
        .filter(each -> each.isRecovered(status))
        .forEach(each -> write(each, status, (now - each.nanos) / 1e9));
    pending.removeIf(each -> each.isRecovered(status));
  }

  private void write(Pending recovered, RunStatus status, double seconds) {
    append(
        described(recovered.fault, recovered.steps, recovered.generation)
            .put("recovered_generation", status.generation())
            .put("recovered_steps", status.steps())
            .put("recovery_seconds", seconds));
  }

  private static ObjectNode described(Fault fault, long steps, long generation) {
    return JSON.createObjectNode()
        .put("process", fault.process())
        .put("signal", fault.signal().name())
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
