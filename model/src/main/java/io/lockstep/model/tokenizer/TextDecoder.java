package io.lockstep.model.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Turns tokens into text as they come, holding back bytes until a character is complete.
 *
 * <p>All pieces together equal the text of all tokens decoded at once. Special tokens give no text.
 * Used by one thread.
 */
public final class TextDecoder {
  /** A UTF-8 character has at most four bytes, so three may wait. */
  private static final int MAX_PENDING = 3;

  private final Tokenizer tokenizer;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] pending = new byte[0];

  TextDecoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** The characters that this token completes; often none. */
  public String push(int token) {
    return tokenizer.isSpecial(token) ? "" : decode(tokenizer.bytes(token), false);
  }

  /** Ends the text: bytes still waiting become U+FFFD. The decoder can then be used anew. */
  public String finish() {
    String rest = decode(new byte[0], true);
    utf8.reset();
    return rest;
  }

  private String decode(byte[] more, boolean end) {
    ByteBuffer in = ByteBuffer.allocate(pending.length + more.length).put(pending).put(more).flip();
    CharBuffer out = CharBuffer.allocate(more.length + MAX_PENDING + 1);
    utf8.decode(in, out, end);
    if (end) {
      utf8.flush(out);
    }
    pending = new byte[in.remaining()];
    in.get(pending);
    return out.flip().toString();
  }
}
