package io.lockstep.data.bank;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The right to write into a folder: of one thread among all threads of all processes of a machine.
 * The operating system takes it back from a process that dies.
 *
 * <p>A process loses its locks on a file as soon as it closes any channel to it (POSIX), so the
 * threads of a process take turns by a lock in memory, and only one channel is ever open.
 */
final class FolderLock {

  private static final String NAME = "lock";
  private static final Map<Path, ReentrantLock> LOCKS = new HashMap<>();

  private final Path file;
  private final ReentrantLock threads;

  private FolderLock(Path file, ReentrantLock threads) {
    this.file = file;
    this.threads = threads;
  }

  /** Something that needs the right. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  /** The lock of a folder that exists. */
  static FolderLock of(Path folder) throws IOException {
    Path file = folder.toRealPath().resolve(NAME);
    synchronized (LOCKS) {
      return new FolderLock(file, LOCKS.computeIfAbsent(file, each -> new ReentrantLock()));
    }
  }

  /** Does something while nobody else does. */
  <T> T hold(Work<T> work) throws IOException {
    threads.lock();
    try {
      Files.createDirectories(file.resolveSibling(""));
      try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock held = channel.lock()) {
        if (!held.isValid()) {
          throw new IOException("the lock " + file + " was lost");
        }
        return work.run();
      }
    } finally {
      threads.unlock();
    }
  }
}
