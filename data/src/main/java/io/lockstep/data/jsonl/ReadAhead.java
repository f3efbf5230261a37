package io.lockstep.data.jsonl;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a file in large pieces, a little ahead of whoever walks through its mapping: a mapping
 * alone is fetched from the disk in small ones, while the walker waits.
 */
final class ReadAhead implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ReadAhead.class);
  private static final int PIECE = 1 << 20;

  /** Few enough that they are still in memory when the walker comes. */
  private static final int PIECES_AHEAD = 32;

  private final Semaphore pieces = new Semaphore(PIECES_AHEAD);
  private final Thread reader;
  private long passed;

  private ReadAhead(Path file) {
    reader = Thread.ofPlatform().daemon().name("read-ahead").unstarted(() -> read(file));
  }

  /** Begins to read a file from its start. */
  static ReadAhead of(Path file) {
    ReadAhead ahead = new ReadAhead(file);
    ahead.reader.start();
    return ahead;
  }

  /** The walker has come to an offset; offsets ascend. */
  void at(long offset) {
    long reached = offset / PIECE;
    if (reached > passed) {
      pieces.release(Math.toIntExact(reached - passed));
      passed = reached;
    }
  }

  private void read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
      do {
        pieces.acquire();
        piece.clear();
      } while (channel.read(piece) >= 0);
    } catch (InterruptedException | ClosedByInterruptException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // Whoever walks through the mapping meets the same fault and reports it.
      LOG.debug("{} can't be read ahead", file, e);
    }
  }

  @Override
  public void close() {
    reader.interrupt();
    boolean interrupted = false;
    while (reader.isAlive()) {
      try {
        reader.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
