package io.lockstep.data.image;

import io.lockstep.data.conversation.SameText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Files that a person would call by the same name: Macs write accents apart from their letters, and
 * most other programs don't, but a file system may take both for different names.
 */
public final class OtherSpelling {

  private OtherSpelling() {}

  /** The file beside a path at which there is none whose name differs by the Unicode form alone. */
  public static Optional<Path> of(Path missing) {
    Path folder = missing.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return Optional.empty();
    }
    String name = String.valueOf(missing.getFileName());
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> SameText.same(String.valueOf(file.getFileName()), name))
          .filter(Files::isRegularFile)
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
