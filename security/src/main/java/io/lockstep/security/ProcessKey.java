package io.lockstep.security;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/**
 * A key that a process draws for as long as it lives, and by which others know it again. Whoever
 * reads along learns nothing with which to speak for the process: what it says, it signs together
 * with bytes that the other side has drawn for this connection.
 */
public final class ProcessKey {

  private static final String ALGORITHM = "Ed25519";
  private static final byte[] PURPOSE =
      "lockstep greeting of a process, 1".getBytes(StandardCharsets.US_ASCII);

  private final KeyPair pair;

  private ProcessKey(KeyPair pair) {
    this.pair = pair;
  }

  /** A new one. */
  public static ProcessKey draw() {
    try {
      return new ProcessKey(KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw missing(e);
    }
  }

  private static IllegalStateException missing(GeneralSecurityException e) {
    return new IllegalStateException("every Java platform has " + ALGORITHM, e);
  }

  /** Its public half, 59 printable characters. */
  public String name() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(pair.getPublic().getEncoded());
  }

  /**
   * Signs what the process says of itself.
   *
   * @param challenge drawn by the other side for this connection
   */
  public byte[] sign(byte[] challenge, String... words) {
    try {
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initSign(pair.getPrivate());
      signature.update(statement(challenge, words));
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw missing(e);
    }
  }

  /**
   * Whether these words were signed by the process with a key, in answer to a challenge.
   *
   * @param name the key's {@link #name}, as somebody has given it
   * @param signature as somebody has given it
   */
  public static boolean hasSigned(
      String name, byte[] signature, byte[] challenge, String... words) {
    try {
      byte[] encoded = Base64.getUrlDecoder().decode(name);
      Signature check = Signature.getInstance(ALGORITHM);
      check.initVerify(
          KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(encoded)));
      check.update(statement(challenge, words));
      return check.verify(signature);
    } catch (GeneralSecurityException | IllegalArgumentException noKeyOrNoSignature) {
      return false;
    }
  }

  /** Each part with its length before it, so that no two statements have the same bytes. */
  private static ByteBuffer statement(byte[] challenge, String... words) {
    byte[][] parts = new byte[words.length + 2][];
    parts[0] = PURPOSE;
    parts[1] = challenge;
    int bytes = PURPOSE.length + challenge.length;
    for (int i = 0; i < words.length; i++) {
      parts[i + 2] = words[i].getBytes(StandardCharsets.UTF_8);
      bytes += parts[i + 2].length;
    }
    ByteBuffer statement = ByteBuffer.allocate(bytes + parts.length * Integer.BYTES);
    for (byte[] part : parts) {
      statement.putInt(part.length).put(part);
    }
    return statement.flip();
  }
}
