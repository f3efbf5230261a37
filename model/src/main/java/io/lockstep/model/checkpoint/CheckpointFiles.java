package io.lockstep.model.checkpoint;

import io.lockstep.model.safetensors.TensorSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which files make a folder a model. */
final class CheckpointFiles {

  private CheckpointFiles() {}

  /**
   * Checks that all files are there.
   *
   * @param weights whether the weights are among them
   * @throws InvalidCheckpointException naming every file that is missing
   */
  static void require(Path folder, boolean weights) throws IOException {
    List<String> problems = new ArrayList<>();
    for (String name : LoadedModel.COMPANION_FILES) {
      if (!Files.isRegularFile(folder.resolve(name))) {
        problems.add(name + " is missing");
      }
    }
    if (weights && !TensorSource.anyIn(folder)) {
      problems.add(TensorSource.WEIGHTS_FILE + " is missing");
    }
    if (!problems.isEmpty()) {
      throw new InvalidCheckpointException(folder, problems);
    }
  }
}
