package io.lockstep.model.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A checkpoint folder that can't be loaded; lists everything that is wrong with it. */
public final class InvalidCheckpointException extends IOException {

  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  InvalidCheckpointException(Path where, List<String> problems) {
    super(where + ": " + String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** One line for each problem. */
  public List<String> problems() {
    return problems;
  }
}
