package io.lockstep.worker.loader;

/** A sample that can't be used; the message names it and says how to mend it. */
public class SampleException extends Exception {

  private static final long serialVersionUID = 1L;

  public SampleException(String message) {
    super(message);
  }

  public SampleException(String message, Throwable cause) {
    super(message, cause);
  }
}
