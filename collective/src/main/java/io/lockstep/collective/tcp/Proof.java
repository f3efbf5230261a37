package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import java.security.MessageDigest;

/** What only those can say who know the run's secret: an HMAC-SHA256 of what is proven. */
final class Proof {

  static final int BYTES = 32;

  private final byte[] code;

  Proof(byte[] code) {
    this.code = code;
  }

  static Proof read(ByteBuf in) {
    byte[] code = new byte[BYTES];
    in.readBytes(code);
    return new Proof(code);
  }

  void write(ByteBuf out) {
    out.writeBytes(code);
  }

  /** Takes the same time wherever the two differ. */
  boolean matches(Proof other) {
    return MessageDigest.isEqual(code, other.code);
  }
}
