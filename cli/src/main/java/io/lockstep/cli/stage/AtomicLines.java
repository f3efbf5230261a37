package io.lockstep.cli.stage;

import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Text files that appear whole or not at all. */
final class AtomicLines {

  private AtomicLines() {}

  /** Writes lines as UTF-8, each ended by a line feed, in place of what was there. */
  static void write(Path file, List<String> lines) {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      FileWrites.durable(partial, text.toString().getBytes(StandardCharsets.UTF_8));
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(String.valueOf(e.getMessage()), e);
    }
  }
}
