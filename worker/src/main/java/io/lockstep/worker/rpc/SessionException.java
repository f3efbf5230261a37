package io.lockstep.worker.rpc;

/** A worker could not join its coordinator; the message says why. */
public final class SessionException extends Exception {

  private static final long serialVersionUID = 1L;

  SessionException(String message) {
    super(message);
  }
}
