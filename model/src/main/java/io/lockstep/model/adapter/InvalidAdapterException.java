package io.lockstep.model.adapter;

import java.io.IOException;
import java.util.List;

/** An adapter that can't be used with a model; lists everything that is wrong with it. */
public final class InvalidAdapterException extends IOException {

  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /** All problems of what {@code where} names, at least one. */
  public InvalidAdapterException(String where, List<String> problems) {
    super(where + ": " + String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** One line for each problem. */
  public List<String> problems() {
    return problems;
  }
}
