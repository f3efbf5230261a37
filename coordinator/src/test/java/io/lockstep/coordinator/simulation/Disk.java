package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.machine.CheckpointAttempt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Checkpoint folders; outlives every process. */
final class Disk {
  private final Model model;
  private final Map<Path, Map<Integer, Long>> folders = new HashMap<>();
  private final Map<Long, CommittedCheckpoint> complete = new TreeMap<>();

  Disk(Model model) {
    this.model = model;
  }

  Path prepare(CheckpointAttempt attempt) {
    Path folder = partial(attempt);
    if (folders.put(folder, new HashMap<>()) != null) {
      throw new AssertionError(folder + " is used twice");
    }
    return folder;
  }

  /** A worker's part; lost if the folder is gone. */
  boolean write(Path folder, Map<Integer, Long> part) {
    Map<Integer, Long> content = folders.get(folder);
    if (content == null) {
      return false;
    }
    content.putAll(part);
    return true;
  }

  CommittedCheckpoint complete(CheckpointAttempt attempt, boolean last) {
    Map<Integer, Long> content = folders.remove(partial(attempt));
    if (content == null) {
      throw new AssertionError("completed a folder that isn't there: " + attempt);
    }
    for (int bucket = 0; bucket < model.buckets(); bucket++) {
      Long value = content.get(bucket);
      if (value == null || value != model.expected(attempt.steps(), bucket)) {
        throw new AssertionError("bucket " + bucket + " is wrong in the checkpoint of " + attempt);
      }
    }
    CommittedCheckpoint checkpoint =
        new CommittedCheckpoint(
            attempt.steps(), finished(attempt.steps()), "0".repeat(64), 1, last);
    if (complete.put(attempt.steps(), checkpoint) != null) {
      throw new AssertionError("two checkpoints at step " + attempt.steps());
    }
    return checkpoint;
  }

  void discard(CheckpointAttempt attempt) {
    folders.remove(partial(attempt));
  }

  /** Checkpoints newer than the journal's newest, oldest first. */
  List<CommittedCheckpoint> newerThan(long steps) {
    return new ArrayList<>(
        complete.values().stream().filter(each -> each.steps() > steps).toList());
  }

  /** What a checkpoint holds; fails if there is none. */
  void requireComplete(Path folder, long steps) {
    CommittedCheckpoint checkpoint = complete.get(steps);
    if (checkpoint == null || !checkpoint.dir().equals(folder)) {
      throw new AssertionError("no checkpoint of step " + steps + " in " + folder);
    }
  }

  private static Path partial(CheckpointAttempt attempt) {
    return Path.of("/run/.step-" + attempt.steps() + "." + attempt.generation());
  }

  private static Path finished(long steps) {
    return Path.of("/run/step-" + steps);
  }
}
