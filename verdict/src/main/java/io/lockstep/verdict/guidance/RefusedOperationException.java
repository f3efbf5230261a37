package io.lockstep.verdict.guidance;

/** A change that the rules of guidances forbid; the message says which. */
public final class RefusedOperationException extends Exception {

  private static final long serialVersionUID = 1L;

  RefusedOperationException(String message) {
    super(message);
  }
}
