package io.lockstep.coordinator.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Says how much room a folder's disk has. */
@FunctionalInterface
public interface UsableSpace {

  /** What the file system says. */
  UsableSpace OF_DISK = folder -> Files.getFileStore(folder).getUsableSpace();

  /** Bytes that this process may still write below {@code folder}. */
  long bytes(Path folder) throws IOException;
}
