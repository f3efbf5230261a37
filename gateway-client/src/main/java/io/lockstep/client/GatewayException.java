package io.lockstep.client;

import io.grpc.Status;

/** A gateway could not be asked or refused to answer; the message is one line that names it. */
public sealed class GatewayException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Status.Code code;

  GatewayException(Status.Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** The status that the call ended with; UNKNOWN if it never got that far. */
  public Status.Code code() {
    return code;
  }

  /** The model ended its answer before it began; the message names the request and its length. */
  public static final class NoAnswer extends GatewayException {

    private static final long serialVersionUID = 1L;

    NoAnswer(String message, Throwable cause) {
      super(Status.Code.FAILED_PRECONDITION, message, cause);
    }
  }
}
