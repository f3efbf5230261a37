package io.lockstep.coordinator.journal;

import io.lockstep.coordinator.RunRefusedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The lock on a run folder: one process at a time coordinates its run. The operating system
 * releases it when the process ends, however it ends.
 */
final class RunLock implements AutoCloseable {
  private static final String FILE_NAME = "journal.lock";

  /** Those of this process: the operating system doesn't tell its threads apart. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final FileChannel channel;
  private final Path file;

  private RunLock(FileChannel channel, Path file) {
    this.channel = channel;
    this.file = file;
  }

  /**
   * Takes the lock; creates the folder where it is missing.
   *
   * @throws RunRefusedException naming the process that holds it
   */
  static RunLock acquire(Path runFolder) {
    Path file = runFolder.resolve(FILE_NAME);
    if (!HELD.add(file)) {
      throw taken(Long.toString(ProcessHandle.current().pid()), runFolder);
    }
    boolean acquired = false;
    try {
      Files.createDirectories(runFolder);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      acquired = channel.tryLock() != null;
      if (!acquired) {
        channel.close();
        throw taken(Files.readString(file).strip(), runFolder);
      }
      sign(channel);
      return new RunLock(channel, file);
    } catch (IOException error) {
      throw new RunRefusedException(
          "can't create the journal lock %s: %s; choose another --out".formatted(file, error),
          error);
    } finally {
      if (!acquired) {
        HELD.remove(file);
      }
    }
  }

  private static RunRefusedException taken(String process, Path runFolder) {
    return new RunRefusedException(
        "process %s coordinates the run in %s already: stop it first, or choose another --out"
            .formatted(process, runFolder));
  }

  private static void sign(FileChannel channel) throws IOException {
    String pid = ProcessHandle.current().pid() + "\n";
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException error) {
      throw new RunRefusedException("the journal's lock can't be released: " + error, error);
    } finally {
      HELD.remove(file);
    }
  }
}
