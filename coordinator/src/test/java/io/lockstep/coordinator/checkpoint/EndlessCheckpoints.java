package io.lockstep.coordinator.checkpoint;

import io.lockstep.coordinator.Retention;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A process that writes and deletes checkpoints until it is killed. */
public final class EndlessCheckpoints {

  static final int FILE_BYTES = 200_000;

  private EndlessCheckpoints() {}

  /** Arguments: the run folder. */
  public static void main(String[] args) throws Exception {
    CheckpointFolders folders =
        new CheckpointFolders(Path.of(args[0]), 0, CheckpointFolders.UsableSpace.OF_DISK);
    folders.removeLeftovers().forEach(System.out::println);
    var found = folders.newestValid(Map.of());
    long steps = found.chosen().map(CheckpointFolders.StoredCheckpoint::steps).orElse(0L);
    Retention retention = new Retention(2, 1);
    while (true) {
      steps++;
      var _ = WrittenCheckpoints.write(folders, steps, (double) (steps * 7 % 11), FILE_BYTES);
      var _ = folders.retain(retention, Optional.empty());
      System.out.println("step " + steps + ", rejected " + found.rejected().size());
    }
  }
}
