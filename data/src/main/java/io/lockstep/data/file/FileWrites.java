package io.lockstep.data.file;

import java.io.BufferedOutputStream;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Writes files. The operating system says of a full disk "No space left on device" and no more; a
 * failure from here says which file it was, how much room is left there, and what to do.
 */
public final class FileWrites {

  private static final long MEBIBYTE = 1 << 20;

  private FileWrites() {}

  /** Writes a text as UTF-8. */
  public static void text(Path file, String text, OpenOption... options) throws IOException {
    bytes(file, text.getBytes(StandardCharsets.UTF_8), options);
  }

  /** Writes lines as UTF-8, each ended by a line feed. */
  public static void lines(Path file, Iterable<String> lines) throws IOException {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    text(file, text.toString());
  }

  /** Writes bytes. */
  public static void bytes(Path file, byte[] bytes, OpenOption... options) throws IOException {
    try {
      Files.write(file, bytes, options);
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /** Writes bytes that are on the disk when this returns. */
  public static void durable(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /** Copies a file to a place where none is. */
  public static void copy(Path source, Path target) throws IOException {
    try {
      Files.copy(source, target);
    } catch (IOException e) {
      throw failure(target, e);
    }
  }

  /** Writes text bit by bit, as UTF-8. */
  public static BufferedWriter writer(Path file, OpenOption... options) throws IOException {
    return new BufferedWriter(
        new OutputStreamWriter(
            new Named(file, Files.newOutputStream(file, options)), StandardCharsets.UTF_8));
  }

  /** Writes bytes bit by bit. */
  public static OutputStream stream(Path file, OpenOption... options) throws IOException {
    return new BufferedOutputStream(new Named(file, Files.newOutputStream(file, options)));
  }

  /**
   * The failure of a write with the name of the file; one that has it already, or that is no
   * failure of the disk, as it is.
   *
   * @param file what was being written
   */
  public static IOException failure(Path file, IOException cause) {
    boolean given = cause instanceof Failure || cause instanceof ClosedChannelException;
    boolean named = cause instanceof FileSystemException known && !isFull(known.getReason());
    return given || named ? cause : new Failure(describe(file, cause), cause);
  }

  private static String describe(Path file, IOException cause) {
    String reason =
        cause instanceof FileSystemException known ? known.getReason() : cause.getMessage();
    return isFull(reason)
        ? "%s can't be written: %s (%s); free some room, or name a folder on another disk"
            .formatted(file, reason, room(file))
        : "%s can't be written: %s".formatted(file, reason == null ? cause.toString() : reason);
  }

  private static boolean isFull(@Nullable String reason) {
    return reason != null && (reason.contains("No space left") || reason.contains("quota"));
  }

  /** How much room there is beside a file, in words. */
  public static String room(Path file) {
    try {
      Path folder = file.toAbsolutePath();
      while (folder.getParent() != null && !Files.isDirectory(folder)) {
        folder = folder.getParent();
      }
      return "%d MiB are free there"
          .formatted(Files.getFileStore(folder).getUsableSpace() / MEBIBYTE);
    } catch (IOException e) {
      return "how much is free there is unknown";
    }
  }

  /** A failure that has been described. */
  private static final class Failure extends IOException {
    private static final long serialVersionUID = 1;

    Failure(String message, IOException cause) {
      super(message, cause);
    }
  }

  /** A stream whose failures name its file. */
  private static final class Named extends OutputStream {
    private final Path file;
    private final OutputStream out;

    Named(Path file, OutputStream out) {
      this.file = file;
      this.out = out;
    }

    @Override
    public void write(int single) throws IOException {
      write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        throw failure(file, e);
      }
    }

    @Override
    public void flush() throws IOException {
      try {
        out.flush();
      } catch (IOException e) {
        throw failure(file, e);
      }
    }

    @Override
    public void close() throws IOException {
      try {
        out.close();
      } catch (IOException e) {
        throw failure(file, e);
      }
    }
  }
}
