package io.lockstep.model.testing;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/** Files as other programs write them, for the tests of this module. */
public final class Foreign {

  private Foreign() {}

  /** A file below {@code foreign}. */
  public static Path path(String relative) {
    URL url = Foreign.class.getResource("/foreign/" + relative);
    try {
      return Path.of(Objects.requireNonNull(url, relative).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
