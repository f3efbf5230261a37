package io.lockstep.model.generate;

import io.lockstep.model.tokenizer.TextDecoder;
import io.lockstep.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One row's answer while it grows. */
final class Answer {

  private final int row;
  private final Prompt prompt;
  private final Tokenizer tokenizer;
  private final List<Integer> endTokens;
  private final GenerationListener listener;
  private final TextDecoder decoder;
  private final LogitRules rules;
  private final TokenSampler sampler;
  private final List<Integer> tokens = new ArrayList<>();
  private int last;
  private @Nullable GenerationResult result;

  Answer(
      int row,
      Prompt prompt,
      Tokenizer tokenizer,
      List<Integer> endTokens,
      GenerationListener listener) {
    this.row = row;
    this.prompt = prompt;
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    this.listener = listener;
    decoder = tokenizer.decoder();
    rules = new LogitRules(prompt.decoding(), prompt.sample().tokens(), endTokens);
    sampler = new TokenSampler(prompt.decoding());
  }

  /** Whether tokens are still missing. */
  boolean isOpen() {
    return result == null;
  }

  /** The token that continues the row: the newest, or after the end of the answer its last. */
  int last() {
    return last;
  }

  /** Chooses the next token from the model's logits [V], unless the answer is complete. */
  void grow(float[] logits) {
    if (result != null) {
      return;
    }
    last = sampler.choose(rules.apply(logits, tokens), tokens.size());
    if (endTokens.contains(last)) {
      end(tokens.isEmpty() ? nothing(logits) : answer(true));
      return;
    }
    tokens.add(last);
    tell(decoder.push(last));
    if (tokens.size() == prompt.decoding().maxNewTokens()) {
      end(answer(false));
    }
  }

  /** The complete answer. */
  GenerationResult result() {
    if (result == null) {
      throw new IllegalStateException(prompt.sample().name() + " is not answered yet");
    }
    return result;
  }

  private GenerationResult answer(boolean endedByEos) {
    tell(decoder.finish());
    String text = tokenizer.decode(tokens.stream().mapToInt(Integer::intValue).toArray());
    return new Generation(text, tokens, prompt.sample().tokens().length, endedByEos);
  }

  private GenerationResult nothing(float[] logits) {
    return new EmptyGeneration(
        prompt.sample().name(),
        prompt.sample().tokens().length,
        last,
        tokenizer.display(last),
        TokenSampler.probability(logits, last));
  }

  private void end(GenerationResult complete) {
    result = complete;
    listener.onEnd(row, complete);
  }

  private void tell(String piece) {
    if (!piece.isEmpty()) {
      listener.onText(row, piece);
    }
  }
}
