package io.lockstep.data.jsonl;

import org.jspecify.annotations.Nullable;

/**
 * A data file that isn't what it was when it was opened: none of its lines can be trusted, so that
 * no other record may stand in for the one that was asked for.
 */
public final class ChangedFileException extends DataException {

  private static final long serialVersionUID = 1L;

  ChangedFileException(Problem problem, @Nullable Throwable cause) {
    super(problem, cause);
  }
}
