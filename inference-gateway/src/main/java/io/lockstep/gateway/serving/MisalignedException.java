package io.lockstep.gateway.serving;

/** A checkpoint with which serving would not compute what training computed; never served. */
public final class MisalignedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public MisalignedException(String message) {
    super(message);
  }
}
