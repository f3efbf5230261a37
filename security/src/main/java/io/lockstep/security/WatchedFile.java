package io.lockstep.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a small file says, read again when the file is replaced. A new content that can't be used
 * changes nothing, and is warned of once. Thread-safe.
 *
 * @param <T> what the file is read as
 */
final class WatchedFile<T> {

  private static final Logger LOG = LoggerFactory.getLogger(WatchedFile.class);
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int MAX_BYTES = 1 << 20;

  private final Path file;
  private final Function<String, T> reader;
  private String text;
  private T value;
  private long lookedNanos = System.nanoTime();

  /**
   * Reads a file.
   *
   * @param reader what its text means; throws a {@link CredentialException} if nothing
   * @throws CredentialException if it can't be read or means nothing
   */
  WatchedFile(Path file, Function<String, T> reader) {
    this.file = file;
    this.reader = reader;
    text = read();
    value = reader.apply(text);
  }

  /** What it says now, at most a second ago. */
  synchronized T value() {
    if (System.nanoTime() - lookedNanos >= LOOK_NANOS) {
      lookedNanos = System.nanoTime();
      look();
    }
    return value;
  }

  private void look() {
    try {
      String now = read();
      if (!now.equals(text)) {
        text = now;
        value = reader.apply(now);
        LOG.info("{} was replaced and is read again", file);
      }
    } catch (CredentialException e) {
      LOG.warn("{}; what it said before still holds", e.getMessage());
    }
  }

  private String read() {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new CredentialException(
            "%s has more than %d bytes: is it the right file?".formatted(file, MAX_BYTES));
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new CredentialException(
          "%s can't be read: %s".formatted(file, e.getClass().getSimpleName()), e);
    }
  }
}
