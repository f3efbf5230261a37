package io.lockstep.model.align.certificate;

import java.io.IOException;
import java.nio.file.Path;

/** A certificate that can't be read as one. */
public final class InvalidCertificateException extends IOException {

  private static final long serialVersionUID = 1L;

  InvalidCertificateException(Path file, String problem) {
    super(file + " " + problem);
  }
}
