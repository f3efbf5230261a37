package io.lockstep.cli.drill;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a machine has to have for the drill, beside a JDK and Maven. */
final class Programs {

  private static final List<String> NEEDED = List.of("kubectl", "openssl", "tar", "bash", "base64");

  private Programs() {}

  /** Fails with the names of those that are missing: a drill that didn't happen is none passed. */
  static void require() {
    require(Path.of("/usr/bin"));
  }

  static void require(Path folder) {
    List<String> missing =
        NEEDED.stream()
            .map(folder::resolve)
            .filter(program -> !Files.isExecutable(program))
            .map(Path::toString)
            .toList();
    if (!missing.isEmpty()) {
      throw new AssertionError(
          "the drill needs %s: install it (Debian: kubernetes-client, openssl, tar, bash, coreutils)"
              .formatted(String.join(" and ", missing)));
    }
  }
}
