package io.lockstep.data.image;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A picture that cannot be used; the message names it and says why. */
public final class UnreadableImageException extends IOException {

  /** An error of the form "Picture NAME PROBLEM". */
  public UnreadableImageException(String name, String problem) {
    this(name, problem, null);
  }

  /** An error of the form "Picture NAME PROBLEM". */
  public UnreadableImageException(String name, String problem, @Nullable Throwable cause) {
    super("Picture " + name + " " + problem, cause);
  }
}
