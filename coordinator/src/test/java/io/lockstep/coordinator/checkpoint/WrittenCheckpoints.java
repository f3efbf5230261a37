package io.lockstep.coordinator.checkpoint;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.machine.CheckpointAttempt;
import io.lockstep.coordinator.machine.Event.CheckpointFile;
import io.lockstep.data.file.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Checkpoints whose contents follow from their steps. */
final class WrittenCheckpoints {

  static final String MODEL = "model.safetensors";
  static final String VALUES = "alignment/values.safetensors";

  private WrittenCheckpoints() {}

  static CommittedCheckpoint write(CheckpointFolders folders, long steps, double loss)
      throws IOException {
    return write(folders, steps, loss, 4096);
  }

  static CommittedCheckpoint write(CheckpointFolders folders, long steps, double loss, int bytes)
      throws IOException {
    Path partial = folders.prepare(new CheckpointAttempt(steps, 1));
    Files.createDirectory(partial.resolve("alignment"));
    List<CheckpointFile> files = new ArrayList<>();
    for (String path : List.of(VALUES, MODEL)) {
      byte[] content = content(steps, path, bytes);
      Files.write(partial.resolve(path), content);
      files.add(new CheckpointFile(path, content.length, Sha256.of(content)));
    }
    return folders.complete(new CheckpointAttempt(steps, 1), files, false, Optional.of(loss));
  }

  static byte[] content(long steps, String path, int bytes) {
    byte[] content = new byte[bytes];
    new SplittableRandom(31 * steps + path.hashCode()).nextBytes(content);
    return content;
  }
}
