package io.lockstep.data.bank;

import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.OptionalLong;

/** Where a bank says how much it may take, for people who look at it: one number, in bytes. */
final class RoomFile {

  /** More than the file, and the one that replaces it, ever take. */
  static final int MOST_BYTES = 64;

  private static final String NAME = "max_bytes";

  private RoomFile() {}

  /**
   * What a folder says.
   *
   * @return empty if it says nothing
   */
  static OptionalLong read(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new IOException(file + " is no number of bytes; delete it, the next run writes it");
      }
      return OptionalLong.of(Long.parseLong(Files.readString(file).strip()));
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    } catch (NumberFormatException e) {
      throw new IOException(file + " is no number of bytes; delete it, the next run writes it", e);
    }
  }

  /** Only for who has the folder's lock. */
  static void write(Path folder, long bytes) throws IOException {
    Path partial = folder.resolve("." + NAME + ".partial");
    FileWrites.text(partial, bytes + "\n");
    Files.move(partial, folder.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
  }
}
