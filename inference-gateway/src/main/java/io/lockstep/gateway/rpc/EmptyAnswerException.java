package io.lockstep.gateway.rpc;

/** The model ended its answer before it began; the message names the request and its length. */
public final class EmptyAnswerException extends InferenceException {

  public EmptyAnswerException(String message, Throwable cause) {
    super(message, cause);
  }
}
