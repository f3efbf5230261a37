package io.lockstep.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** A file that can't be written is named, with the room that is left and what to do. */
class FileWritesTest {

  /** A file that takes nothing: every write to it finds the disk full. */
  private static final Path FULL = Path.of("/dev/full");

  @TempDir private Path folder;

  private static void assertTold(Executable write) {
    String message = String.valueOf(assertThrows(IOException.class, write).getMessage());
    assertTrue(
        message.matches(
            "/dev/full can't be written: No space left on device \\(\\d+ MiB are free there\\);"
                + " free some room, or name a folder on another disk"),
        message);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void everyWayToWriteNamesTheFileOnAFullDisk() {
    assertTold(() -> FileWrites.text(FULL, "text"));
    assertTold(() -> FileWrites.bytes(FULL, new byte[9]));
    assertTold(() -> FileWrites.lines(FULL, List.of("a", "b")));
    assertTold(() -> FileWrites.durable(FULL, new byte[9]));
    assertTold(() -> {
      try (OutputStream out = FileWrites.stream(FULL)) {
        out.write(new byte[1 << 16]);
      }
    });
    assertTold(() -> {
      Writer writer = FileWrites.writer(FULL);
      writer.write("line");
      writer.flush();
    });
  }

  @Test
  void aFailureThatNamesItsFileStaysAsItIs() throws Exception {
    AccessDeniedException denied = new AccessDeniedException("file");
    assertSame(denied, FileWrites.failure(FULL, denied));
    ClosedByInterruptException givenUp = new ClosedByInterruptException();
    assertSame(givenUp, FileWrites.failure(FULL, givenUp));
    IOException once =
        FileWrites.failure(folder.resolve("a"), new IOException("Input/output error"));
    assertEquals(folder.resolve("a") + " can't be written: Input/output error", once.getMessage());
    assertSame(once, FileWrites.failure(folder.resolve("b"), once));
    assertThrows(
        NoSuchFileException.class, () -> FileWrites.text(folder.resolve("no/file"), "text"));
  }

  @Test
  void aCopyThatFindsNoRoomNamesItsTarget() {
    FileSystemException full =
        new FileSystemException("target", "source", "No space left on device");
    String message = String.valueOf(FileWrites.failure(folder.resolve("t"), full).getMessage());
    assertTrue(message.startsWith(folder.resolve("t") + " can't be written: No space"), message);
  }

  @Test
  void whatIsWrittenIsThere() throws Exception {
    Path file = folder.resolve("lines");
    FileWrites.lines(file, List.of("a", "ä"));
    assertEquals("a\nä\n", Files.readString(file));
    FileWrites.durable(file, new byte[] {'b'});
    assertEquals("b", Files.readString(file));
  }
}
