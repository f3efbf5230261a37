package io.lockstep.gateway.handoff;

import io.lockstep.gateway.serving.ServedModel;
import java.nio.file.Path;

/** Loads a checkpoint for serving. */
@FunctionalInterface
public interface ModelOpener {

  /**
   * Loads the checkpoint in a folder.
   *
   * @param steps committed training steps it holds; 0 if no run of ours wrote it
   * @throws RuntimeException with one line that says what is wrong with it
   */
  ServedModel open(Path dir, long steps);
}
