package io.lockstep.model.tokenizer;

import java.io.IOException;
import java.nio.file.Path;

/** A tokenizer file that cannot be used. */
public final class InvalidTokenizerException extends IOException {

  InvalidTokenizerException(Path file, String problem) {
    super(file + " " + problem);
  }
}
