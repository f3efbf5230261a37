package io.lockstep.model.align.reference;

import java.io.IOException;
import java.nio.file.Path;

/** A reference folder that does not follow the format. */
public final class InvalidReferenceException extends IOException {

  private static final long serialVersionUID = 1L;

  InvalidReferenceException(Path file, String problem) {
    super(file + " " + problem);
  }
}
