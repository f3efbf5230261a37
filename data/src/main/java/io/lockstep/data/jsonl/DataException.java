package io.lockstep.data.jsonl;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Data that cannot be used; the message lists every known problem, one a line. */
public class DataException extends RuntimeException {

  private final transient List<Problem> problems;

  public DataException(Problem problem) {
    this(List.of(problem));
  }

  public DataException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  public DataException(Problem problem, @Nullable Throwable cause) {
    super(problem.toString(), cause);
    this.problems = List.of(problem);
  }

  /** What is wrong, in file order. */
  public List<Problem> problems() {
    return problems;
  }
}
