package io.lockstep.coordinator.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much room a folder's disk has. */
@FunctionalInterface
public interface UsableSpace {

  /** As the file system reports it. */
  UsableSpace OF_DISK = folder -> Files.getFileStore(folder).getUsableSpace();

  /** Bytes that this process may still write below {@code folder}. */
  long bytes(Path folder) throws IOException;
}
