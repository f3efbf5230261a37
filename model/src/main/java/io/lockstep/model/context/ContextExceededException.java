package io.lockstep.model.context;

/** A sequence that is longer than the model it was meant for takes. */
public final class ContextExceededException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  ContextExceededException(String message) {
    super(message);
  }
}
