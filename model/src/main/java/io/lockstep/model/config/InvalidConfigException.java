package io.lockstep.model.config;

import java.nio.file.Path;
import java.util.List;

/** A configuration file that cannot be used, with everything that is wrong in it. */
public final class InvalidConfigException extends RuntimeException {
  private final transient List<String> problems;

  /** All {@code problems} of {@code file}, at least one. */
  public InvalidConfigException(Path file, List<String> problems) {
    super(file + ": " + String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** One sentence per problem, each naming the key. */
  public List<String> problems() {
    return problems;
  }
}
