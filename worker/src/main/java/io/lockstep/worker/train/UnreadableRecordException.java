package io.lockstep.worker.train;

/**
 * A record that can't be read, whoever reads it: its line or one of its pictures is at fault, and
 * not the machine. Another record may take its place, the same one everywhere.
 */
final class UnreadableRecordException extends SampleException {

  private static final long serialVersionUID = 1L;

  UnreadableRecordException(String message, Throwable cause) {
    super(message, cause);
  }
}
