package io.lockstep.security;

/**
 * A certificate, a key or a token file can't be used; the message says which, why and what to do.
 */
public final class CredentialException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public CredentialException(String message) {
    super(message);
  }

  public CredentialException(String message, Throwable cause) {
    super(message, cause);
  }
}
