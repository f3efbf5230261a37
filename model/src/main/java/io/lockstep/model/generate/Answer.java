package io.lockstep.model.generate;

import io.lockstep.model.tokenizer.TextDecoder;
import io.lockstep.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** One row's answer while it grows. */
final class Answer {

  private final int row;
  private final int promptTokens;
  private final TextDecoder decoder;
  private final TextListener listener;
  private final List<Integer> endTokens;
  private final List<Integer> tokens = new ArrayList<>();
  private boolean ended;

  Answer(
      int row,
      int promptTokens,
      TextDecoder decoder,
      TextListener listener,
      List<Integer> endTokens) {
    this.row = row;
    this.promptTokens = promptTokens;
    this.decoder = decoder;
    this.listener = listener;
    this.endTokens = endTokens;
  }

  /** Takes the next token unless the answer is complete; true if it still is not. */
  boolean accept(int token) {
    if (ended) {
      return false;
    }
    if (endTokens.contains(token)) {
      ended = true;
      return false;
    }
    tokens.add(token);
    tell(decoder.push(token));
    return true;
  }

  private void tell(String piece) {
    if (!piece.isEmpty()) {
      listener.onText(row, piece);
    }
  }

  Generation finish(Tokenizer tokenizer) {
    tell(decoder.finish());
    String text = tokenizer.decode(tokens.stream().mapToInt(Integer::intValue).toArray());
    return new Generation(text, tokens, promptTokens, ended);
  }
}
