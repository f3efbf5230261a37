package io.lockstep.collective.tcp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The secret that the members of a run share: never sent to each other and never printed. */
final class RunToken {

  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;

  private RunToken(SecretKeySpec key) {
    this.key = key;
  }

  /** Of a secret of at least one character. */
  static RunToken of(String secret) {
    return new RunToken(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM));
  }

  /** Proves that whoever says this knows the secret. */
  Proof prove(ByteBuf statement) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(statement.nioBuffer());
      return new Proof(mac.doFinal());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }
}
