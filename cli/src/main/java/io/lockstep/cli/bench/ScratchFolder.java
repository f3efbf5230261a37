package io.lockstep.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A new folder for what a benchmark writes, removed with all that is in it when it is closed. */
public record ScratchFolder(Path path) implements AutoCloseable {

  /** One in the system's temporary folder. */
  public static ScratchFolder create() throws IOException {
    return in(null);
  }

  /** One in a folder, which is created if it is not there; null is the system's temporary one. */
  public static ScratchFolder in(@Nullable Path parent) throws IOException {
    String prefix = "lockstep-bench-";
    return new ScratchFolder(
        parent == null
            ? Files.createTempDirectory(prefix)
            : Files.createTempDirectory(Files.createDirectories(parent), prefix));
  }

  /** Removes a folder and all that is in it. */
  public static void remove(Path folder) throws IOException {
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    }
  }

  @Override
  public void close() throws IOException {
    remove(path);
  }
}
