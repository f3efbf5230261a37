package io.lockstep.model.safetensors;

import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file that is on the disk.
 *
 * @param path relative to the folder it was written to, with '/' as separator
 * @param bytes its size
 * @param sha256 of its content, lower-case hexadecimal
 */
public record StoredFile(String path, long bytes, String sha256) {

  private static final int CHUNK_BYTES = 1 << 16;

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
    return new StoredFile(path, Files.size(file), sha256(file));
  }

  /** SHA-256 of a file's content, lower-case hexadecimal. */
  public static String sha256(Path file) throws IOException {
    MessageDigest digest = newSha256();
    byte[] chunk = new byte[CHUNK_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** SHA-256 of a text in UTF-8, lower-case hexadecimal. */
  public static String sha256(String text) {
    return HexFormat.of().formatHex(newSha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
