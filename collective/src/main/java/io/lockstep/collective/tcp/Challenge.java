package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * Random bytes for one connection: what proves that somebody knows the run's secret answers them,
 * so that it is of no use on another connection. On the wire: magic, then the bytes.
 */
final class Challenge {

  private static final int MAGIC = 0x4c535443;
  private static final int NONCE_BYTES = 16;
  static final int BYTES = Integer.BYTES + NONCE_BYTES;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte[] nonce;

  private Challenge(byte[] nonce) {
    this.nonce = nonce;
  }

  static Challenge draw() {
    byte[] nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    return new Challenge(nonce);
  }

  /** Reads one, or returns null if the bytes are not from this protocol. */
  static @Nullable Challenge read(ByteBuf in) {
    int magic = in.readInt();
    byte[] nonce = new byte[NONCE_BYTES];
    in.readBytes(nonce);
    return magic == MAGIC ? new Challenge(nonce) : null;
  }

  void write(ByteBuf out) {
    out.writeInt(MAGIC).writeBytes(nonce);
  }
}
