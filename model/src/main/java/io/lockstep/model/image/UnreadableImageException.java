package io.lockstep.model.image;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A picture that cannot be used; the message names it and says why. */
public final class UnreadableImageException extends IOException {

  UnreadableImageException(String name, String problem) {
    this(name, problem, null);
  }

  UnreadableImageException(String name, String problem, @Nullable Throwable cause) {
    super("Picture " + name + " " + problem, cause);
  }
}
