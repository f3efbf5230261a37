package io.lockstep.datatools.convert;

/** A source that can't be converted at all; the message says what to change. */
public final class ConversionException extends Exception {

  private static final long serialVersionUID = 1L;

  ConversionException(String message) {
    super(message);
  }

  ConversionException(String message, Throwable cause) {
    super(message, cause);
  }
}
