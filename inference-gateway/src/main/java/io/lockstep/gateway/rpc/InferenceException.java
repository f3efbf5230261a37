package io.lockstep.gateway.rpc;

/** A gateway could not be asked or refused to answer; the message is one line for people. */
public sealed class InferenceException extends RuntimeException permits EmptyAnswerException {

  public InferenceException(String message, Throwable cause) {
    super(message, cause);
  }
}
