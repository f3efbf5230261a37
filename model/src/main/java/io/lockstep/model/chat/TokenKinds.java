package io.lockstep.model.chat;

import io.lockstep.data.conversation.KindSpan;
import io.lockstep.data.conversation.TokenKind;
import io.lockstep.model.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;

/**
 * From the kinds of characters to those of tokens.
 *
 * <p>A token whose characters are of several kinds counts as what it says, not as what holds that
 * together: a description that ends in a bracket may end in the token {@code )",}, which nobody can
 * predict who does not know the description. {@link TokenKind#FORMAT} are the tokens that are
 * nothing but format, so that its accuracy is that of the format alone. Descriptions and
 * coordinates never meet in a token: quotes stand between them.
 */
final class TokenKinds {

  private TokenKinds() {}

  /**
   * The kind of each token.
   *
   * <p>Tokens of a byte-level vocabulary spell the bytes of the text, after NFC where the tokenizer
   * normalises; their lengths say where each of them stands.
   *
   * @param spans cover the text
   * @param tokens of the text
   * @throws IllegalArgumentException if the tokens spell something else
   */
  static List<TokenKind> of(Tokenizer tokenizer, String text, List<KindSpan> spans, int[] tokens) {
    int length = 0;
    for (int token : tokens) {
      length += tokenizer.byteLength(token);
    }
    int[] ends = ends(text, spans, false);
    if (ends[ends.length - 1] != length) {
      ends = ends(text, spans, true);
    }
    if (ends[ends.length - 1] != length) {
      throw new IllegalArgumentException(
          "the tokenizer spells an answer of %d bytes with tokens of %d: its normalizer changes text otherwise than by NFC, so that tokens can't be told apart by kind; set custom.token_type_metrics.enabled to false"
              .formatted(ends[ends.length - 1], length));
    }
    List<TokenKind> kinds = new ArrayList<>();
    int begin = 0;
    int span = 0;
    for (int token : tokens) {
      int end = begin + tokenizer.byteLength(token);
      while (ends[span] <= begin && span < ends.length - 1) {
        span++;
      }
      TokenKind kind = spans.get(span).kind();
      for (int next = span; kind == TokenKind.FORMAT && next < ends.length; next++) {
        int start = next == 0 ? 0 : ends[next - 1];
        if (start >= end) {
          break;
        }
        kind = spans.get(next).kind();
      }
      kinds.add(kind);
      begin = end;
    }
    return kinds;
  }

  /** Where each span ends, in bytes of UTF-8. */
  private static int[] ends(String text, List<KindSpan> spans, boolean normalised) {
    int[] ends = new int[spans.size()];
    int bytes = 0;
    for (int i = 0; i < ends.length; i++) {
      String piece = text.substring(spans.get(i).start(), spans.get(i).end());
      String spelt = normalised ? Normalizer.normalize(piece, Form.NFC) : piece;
      bytes += spelt.getBytes(StandardCharsets.UTF_8).length;
      ends[i] = bytes;
    }
    return ends;
  }
}
