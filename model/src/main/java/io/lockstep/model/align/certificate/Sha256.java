package io.lockstep.model.align.certificate;

import io.lockstep.tensor.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of arrays (their little-endian bytes) and files, in lower-case hexadecimal. */
final class Sha256 {

  private static final int CHUNK_BYTES = 1 << 16;

  private Sha256() {}

  static String of(long[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Long.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return hex(digest(), bytes);
  }

  static String of(float[] values) {
    return of(Buffer.onHost(values).toByteArray());
  }

  static String of(byte[] bytes) {
    return hex(digest(), ByteBuffer.wrap(bytes));
  }

  static String of(Path file) throws IOException {
    MessageDigest digest = digest();
    byte[] chunk = new byte[CHUNK_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        digest.update(chunk, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String hex(MessageDigest digest, ByteBuffer bytes) {
    digest.update(bytes);
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
