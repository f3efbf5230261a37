package io.lockstep.gateway;

import java.nio.file.Path;

/** Where the served model comes from. */
public sealed interface ModelSource {

  /** One checkpoint, loaded once. */
  record Folder(Path dir) implements ModelSource {}

  /**
   * The committed checkpoints of a run, each as soon as it is committed.
   *
   * @param target {@code host:port} of its coordinator
   */
  record Coordinator(String target) implements ModelSource {}
}
