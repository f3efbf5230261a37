package io.lockstep.cli.process;

import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/** A file that says, from the moment it exists, on which port a server is ready. */
public final class PortFile {

  private PortFile() {}

  /** Writes the port so that no reader ever sees half of it; does nothing without a file. */
  public static void write(@Nullable Path file, int port) throws IOException {
    if (file == null) {
      return;
    }
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    FileWrites.text(partial, port + "\n");
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
