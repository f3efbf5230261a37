package io.lockstep.data.bank;

import java.io.IOException;

/** A piece whose bytes aren't those that were written; it is never handed out. */
public final class DamagedPatchException extends IOException {

  private static final long serialVersionUID = 1L;

  DamagedPatchException(String message) {
    super(message);
  }

  DamagedPatchException(String message, Throwable cause) {
    super(message, cause);
  }
}
