package io.lockstep.model.safetensors;

import java.io.IOException;
import java.nio.file.Path;

/** A file that does not follow the safetensors format. */
public final class InvalidSafetensorsException extends IOException {

  InvalidSafetensorsException(Path file, String problem) {
    super(file + " " + problem);
  }
}
