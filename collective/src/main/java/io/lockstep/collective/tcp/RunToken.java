package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 of the secret that the members of a run share: of fixed length and never printed. */
final class RunToken {

  static final int BYTES = 32;

  private final byte[] digest;

  private RunToken(byte[] digest) {
    this.digest = digest;
  }

  static RunToken of(String secret) {
    try {
      return new RunToken(
          MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static RunToken read(ByteBuf in) {
    byte[] digest = new byte[BYTES];
    in.readBytes(digest);
    return new RunToken(digest);
  }

  void write(ByteBuf out) {
    out.writeBytes(digest);
  }

  /** Takes the same time wherever the two differ. */
  boolean matches(RunToken other) {
    return MessageDigest.isEqual(digest, other.digest);
  }
}
