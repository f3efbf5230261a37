package io.lockstep.coordinator.rpc;

import com.google.protobuf.ByteString;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.security.ProcessKey;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Challenges to those who open a stream, and whether their greetings answer them. One that was
 * heard elsewhere and is repeated doesn't. Safe for use by several threads.
 */
final class Greetings {

  private static final int CHALLENGE_BYTES = 32;

  private final SecureRandom random = new SecureRandom();
  private final AtomicLong refused = new AtomicLong();

  /** Bytes for one stream. */
  ByteString challenge() {
    byte[] challenge = new byte[CHALLENGE_BYTES];
    random.nextBytes(challenge);
    return ByteString.copyFrom(challenge);
  }

  /** Whether the process that the greeting speaks for has said it on the challenge's stream. */
  boolean isAnswer(Hello hello, ByteString challenge) {
    boolean signed =
        ProcessKey.hasSigned(
            hello.getIncarnation(),
            hello.getSignature().toByteArray(),
            challenge.toByteArray(),
            hello.getWorkerId(),
            hello.getCollectiveAddress());
    if (!signed) {
      refused.incrementAndGet();
    }
    return signed;
  }

  /** Greetings that answered no challenge. */
  long refused() {
    return refused.get();
  }
}
