package io.lockstep.model.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The printable character that stands for each byte in byte-level vocabularies (GPT-2's table).
 *
 * <p>Printable Latin-1 characters stand for themselves; the others are numbered upwards from U+0100
 * in the order of their bytes.
 */
final class ByteLevel {
  private static final int BYTES = 256;
  private static final char[] CHARACTERS = new char[BYTES];
  private static final short[] VALUES;

  static {
    char next = BYTES;
    for (int value = 0; value < BYTES; value++) {
      CHARACTERS[value] = isPrintable(value) ? (char) value : next++;
    }
    VALUES = new short[next];
    Arrays.fill(VALUES, (short) -1);
    for (int value = 0; value < BYTES; value++) {
      VALUES[CHARACTERS[value]] = (short) value;
    }
  }

  private ByteLevel() {}

  private static boolean isPrintable(int value) {
    return (value >= '!' && value <= '~')
        || (value >= 0xA1 && value <= 0xAC)
        || (value >= 0xAE && value <= 0xFF);
  }

  /** The character of an unsigned byte. */
  static char character(int value) {
    return CHARACTERS[value];
  }

  /** The text's UTF-8 bytes, one character each. */
  static String encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    char[] characters = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      characters[i] = CHARACTERS[bytes[i] & 0xFF];
    }
    return new String(characters);
  }

  /** The bytes of a vocabulary entry, or null if it has a character that stands for no byte. */
  static byte @Nullable [] decode(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char character = token.charAt(i);
      if (character >= VALUES.length || VALUES[character] < 0) {
        return null;
      }
      bytes[i] = (byte) VALUES[character];
    }
    return bytes;
  }
}
