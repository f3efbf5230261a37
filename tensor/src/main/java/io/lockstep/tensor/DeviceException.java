package io.lockstep.tensor;

/** A device can't be used; the message is one line that says what is missing and what to do. */
public final class DeviceException extends RuntimeException {

  private static final long serialVersionUID = 1;

  DeviceException(String message) {
    super(message);
  }

  DeviceException(String message, Throwable cause) {
    super(message, cause);
  }
}
