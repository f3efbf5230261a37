package io.lockstep.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class ProcessKeyTest {
  private static final byte[] CHALLENGE = {1, 2, 3};

  private final ProcessKey key = ProcessKey.draw();
  private final byte[] signature = key.sign(CHALLENGE, "worker-0", "127.0.0.1:9");

  @Test
  void whatAProcessHasSignedIsItsOwnForThisChallengeAlone() {
    assertEquals(59, key.name().length());
    assertTrue(signed(key.name(), signature, CHALLENGE, "worker-0", "127.0.0.1:9"));
    assertFalse(signed(key.name(), signature, new byte[] {1, 2, 4}, "worker-0", "127.0.0.1:9"));
    assertFalse(signed(key.name(), signature, CHALLENGE, "worker-1", "127.0.0.1:9"));
    assertFalse(signed(key.name(), signature, CHALLENGE, "worker-01", "27.0.0.1:9"));
  }

  @Test
  void noOtherKeyHasSignedIt() {
    ProcessKey other = ProcessKey.draw();
    assertNotEquals(key.name(), other.name());
    assertFalse(signed(other.name(), signature, CHALLENGE, "worker-0", "127.0.0.1:9"));
  }

  @Test
  void whatIsNoKeyOrNoSignatureSignsNothing() {
    for (String name : new String[] {"", "worker", "a/b", key.name().substring(3), "\u00e9"}) {
      assertFalse(signed(name, signature, CHALLENGE, "worker-0", "127.0.0.1:9"));
    }
    for (int bytes : new int[] {0, 1, 63, 65, 4096}) {
      assertFalse(signed(key.name(), new byte[bytes], CHALLENGE, "worker-0", "127.0.0.1:9"));
    }
  }

  private static boolean signed(String name, byte[] signature, byte[] challenge, String... words) {
    return ProcessKey.hasSigned(name, signature, challenge, words);
  }
}
