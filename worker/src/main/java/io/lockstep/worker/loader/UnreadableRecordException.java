package io.lockstep.worker.loader;

/**
 * A record that can't be read, whoever reads it: its line or one of its pictures is at fault, and
 * not the machine. Another record may take its place, the same one everywhere.
 */
public final class UnreadableRecordException extends SampleException {

  private static final long serialVersionUID = 1L;

  public UnreadableRecordException(String message, Throwable cause) {
    super(message, cause);
  }
}
