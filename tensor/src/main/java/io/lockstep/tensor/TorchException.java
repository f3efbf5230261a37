package io.lockstep.tensor;

/**
 * Says that libtorch refused an operation, with the operator and the shapes and types of its
 * arguments.
 *
 * <p>The C ABI of libtorch hands back a code only; libtorch itself writes the reason to standard
 * error just before.
 */
public final class TorchException extends RuntimeException {

  /** Tells what was refused and how to go on. */
  public TorchException(String message) {
    super(message);
  }

  /** Tells what was refused, and keeps the cause. */
  public TorchException(String message, Throwable cause) {
    super(message, cause);
  }
}
