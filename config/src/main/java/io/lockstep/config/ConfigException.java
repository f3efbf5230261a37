package io.lockstep.config;

import java.util.List;

/** A configuration that can't be used; lists all of its problems. */
public final class ConfigException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /** Problems, each with its place. */
  public ConfigException(List<Problem> problems) {
    super(message(problems));
    this.problems = List.copyOf(problems);
  }

  /** Problems found in {@code source}: a file's name, with a line if there is one. */
  public ConfigException(String source, List<String> problems) {
    this(problems.stream().map(what -> new Problem(source, what)).toList());
  }

  /** A place is named once for the problems that follow each other there. */
  private static String message(List<Problem> problems) {
    StringBuilder message = new StringBuilder();
    String place = "";
    for (Problem problem : problems) {
      message
          .append(message.isEmpty() ? "" : "; ")
          .append(problem.place().equals(place) ? problem.what() : problem);
      place = problem.place();
    }
    return message.toString();
  }

  List<Problem> all() {
    return problems;
  }

  /** One line for each problem, each with its place. */
  public List<String> lines() {
    return problems.stream().map(Problem::toString).toList();
  }

  /** One line for each problem, without its place. */
  public List<String> problems() {
    return problems.stream().map(Problem::what).toList();
  }
}
