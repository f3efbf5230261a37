package io.lockstep.gateway.serving;

/** A request that got no answer, and why. */
public final class ServingException extends RuntimeException {

  /** Why there is no answer. */
  public enum Kind {
    /** The request is wrong in itself. */
    INVALID,
    /** More memory would be needed than there is now. */
    EXHAUSTED,
    /** No checkpoint has been loaded yet. */
    NO_MODEL,
    /** More requests wait than the queue holds. */
    QUEUE_FULL,
    /** The model generated nothing usable. */
    EMPTY_ANSWER,
    /** The model failed on this request. */
    MODEL_FAILED,
    /** The gateway is shutting down. */
    CLOSING
  }

  private final Kind kind;

  public ServingException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public ServingException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** Nothing is loaded yet. */
  public static ServingException noModel() {
    return new ServingException(
        Kind.NO_MODEL, "no checkpoint is loaded yet; ask again when health says SERVING");
  }

  /** The gateway ends. */
  static ServingException closing() {
    return new ServingException(Kind.CLOSING, "the gateway is closing; ask another one");
  }

  /** Why there is no answer. */
  public Kind kind() {
    return kind;
  }
}
