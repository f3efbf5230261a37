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
  private int first;
  private double firstProbability;
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

  /** The newest token. */
  int last() {
    return last;
  }

  /** Chooses the next token from the model's logits [V], unless the answer is complete. */
  void grow(float[] logits) {
    if (result != null) {
      return;
    }
    last = sampler.choose(rules.apply(logits, tokens), tokens.size());
    if (tokens.isEmpty()) {
      first = last;
      firstProbability = TokenSampler.probability(logits, last);
    }
    if (endTokens.contains(last)) {
      end(true);
      return;
    }
    tokens.add(last);
    tell(decoder.push(last));
    if (tokens.size() == prompt.decoding().maxNewTokens()) {
      end(false);
    }
  }

  /** The complete answer. */
  GenerationResult result() {
    if (result == null) {
      throw new IllegalStateException(prompt.sample().name() + " is not answered yet");
    }
    return result;
  }

  private void end(boolean byEos) {
    tell(decoder.finish());
    String text = tokenizer.decode(tokens.stream().mapToInt(Integer::intValue).toArray());
    GenerationResult complete =
        text.isBlank()
            ? nothing()
            : new Generation(text, tokens, prompt.sample().tokens().length, byEos);
    result = complete;
    listener.onEnd(row, complete);
  }

  private EmptyGeneration nothing() {
    return new EmptyGeneration(
        prompt.sample().name(),
        prompt.sample().tokens().length,
        tokens.size(),
        first,
        tokenizer.display(first),
        firstProbability);
  }

  private void tell(String piece) {
    if (!piece.isEmpty()) {
      listener.onText(row, piece);
    }
  }
}
