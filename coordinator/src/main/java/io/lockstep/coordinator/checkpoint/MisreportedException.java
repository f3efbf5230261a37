package io.lockstep.coordinator.checkpoint;

import io.lockstep.coordinator.RunRefusedException;
import java.util.List;

/** Files of a checkpoint differ from what the workers that wrote them reported. */
public final class MisreportedException extends RunRefusedException {

  private static final long serialVersionUID = 1L;

  private final transient List<String> paths;

  MisreportedException(String message, List<String> paths) {
    super(message);
    this.paths = List.copyOf(paths);
  }

  /** The files, relative to the checkpoint's folder. */
  public List<String> paths() {
    return paths;
  }
}
