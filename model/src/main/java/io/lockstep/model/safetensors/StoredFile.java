package io.lockstep.model.safetensors;

import io.lockstep.data.file.FileWrites;
import io.lockstep.data.file.Sha256;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that is on the disk.
 *
 * @param path relative to the folder it was written to, with '/' as separator
 * @param bytes its size
 * @param sha256 of its content, lower-case hexadecimal
 */
public record StoredFile(String path, long bytes, String sha256) {

  /**
   * Syncs a file that was written otherwise and reads it again for its hash: for small files;
   * {@link SafetensorsWriter} hashes tensors while it writes them.
   */
  public static StoredFile sync(Path folder, String path) throws IOException {
    Path file = folder.resolve(path);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    } catch (IOException e) {
      throw FileWrites.failure(file, e);
    }
    return new StoredFile(path, Files.size(file), Sha256.of(file));
  }
}
