package io.lockstep.gateway.rpc;

/** A gateway could not be asked or refused to answer; the message is one line for people. */
public final class InferenceException extends RuntimeException {

  public InferenceException(String message, Throwable cause) {
    super(message, cause);
  }
}
