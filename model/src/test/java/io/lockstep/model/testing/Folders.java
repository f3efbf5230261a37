package io.lockstep.model.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Copies of fixtures that a test may change. */
public final class Folders {

  private Folders() {}

  /** Copies a folder's files into a new folder, which is returned. */
  public static Path copy(Path folder, Path target) throws IOException {
    Files.createDirectories(target);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }

  /** Replaces text of a file that must be there. */
  public static void replace(Path file, String old, String text) throws IOException {
    String content = Files.readString(file);
    if (!content.contains(old)) {
      throw new IllegalArgumentException(file + " does not hold " + old);
    }
    Files.writeString(file, content.replace(old, text));
  }
}
