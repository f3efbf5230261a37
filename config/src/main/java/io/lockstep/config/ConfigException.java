package io.lockstep.config;

import java.util.List;

/** A run configuration that can't be used; lists all of its problems. */
public final class ConfigException extends Exception {

  private static final long serialVersionUID = 1L;

  private final String source;
  private final transient List<String> problems;

  /** Problems found in {@code source}: a file's name, with a line if there is one. */
  public ConfigException(String source, List<String> problems) {
    super(source + ": " + String.join("; ", problems));
    this.source = source;
    this.problems = List.copyOf(problems);
  }

  /** One line for each problem, each with its place. */
  public List<String> lines() {
    return problems.stream().map(problem -> source + ": " + problem).toList();
  }

  /** One line for each problem, without its place. */
  public List<String> problems() {
    return problems;
  }
}
