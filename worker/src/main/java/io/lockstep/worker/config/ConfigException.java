package io.lockstep.worker.config;

import java.util.List;

/** A run configuration that can't be used; lists all of its problems. */
public final class ConfigException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /** Problems found in {@code source}, a file's name. */
  public ConfigException(String source, List<String> problems) {
    super(source + ": " + String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** One line for each problem. */
  public List<String> problems() {
    return problems;
  }
}
