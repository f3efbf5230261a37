package io.lockstep.cli.console;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * In which encoding Java takes arguments and file names from the system. It follows the locale, and
 * in any but UTF-8 Chinese prompts become other text before a command sees them. The launchers set
 * the locale; this is for whoever starts Java by hand.
 */
public final class TextEncoding {

  private TextEncoding() {}

  /** Why this process can't be used, if it can't. */
  public static Optional<String> problem() {
    return problem(String.valueOf(System.getProperty("sun.jnu.encoding")));
  }

  static Optional<String> problem(String encoding) {
    return isUtf8(encoding)
        ? Optional.empty()
        : Optional.of(
            "Java takes arguments and file names as %s here, which mangles other text: set LC_ALL=C.UTF-8, or start with the launchers in bin, which do"
                .formatted(encoding));
  }

  private static boolean isUtf8(String encoding) {
    return Charset.isSupported(encoding)
        && Charset.forName(encoding).equals(StandardCharsets.UTF_8);
  }
}
