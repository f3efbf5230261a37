package io.lockstep.model.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.model.network.KvCache;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.tokenizer.Tokenizer;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Greedy generation for a left-padded batch of conversations. A row's answer does not depend on the
 * other rows. Used by one thread at a time.
 */
public final class Generator {

  private final VisionLanguageModel network;
  private final SampleEncoder encoder;
  private final Collator collator;
  private final Tokenizer tokenizer;
  private final List<Integer> endTokens;

  /** A generator that stops a row at any of the end tokens. */
  public Generator(
      VisionLanguageModel network,
      SampleEncoder encoder,
      Collator collator,
      Tokenizer tokenizer,
      List<Integer> endTokens) {
    this.network = network;
    this.encoder = encoder;
    this.collator = collator;
    this.tokenizer = tokenizer;
    this.endTokens = List.copyOf(endTokens);
  }

  /** Answers every conversation; its last message is the user's. */
  public List<Generation> generate(List<Conversation> conversations, GenerationOptions options)
      throws IOException {
    return generate(conversations, options, TextListener.NONE);
  }

  /**
   * Answers every conversation and tells of each answer while it grows.
   *
   * @throws IOException naming a picture that can't be read
   */
  public List<Generation> generate(
      List<Conversation> conversations, GenerationOptions options, TextListener listener)
      throws IOException {
    List<Sample> prompts = new ArrayList<>();
    for (int row = 0; row < conversations.size(); row++) {
      prompts.add(encoder.prompt("conversation " + (row + 1), conversations.get(row)));
    }
    return answer(prompts, options, listener);
  }

  /** Continues prompts that are tokens already. */
  public List<Generation> answer(
      List<Sample> prompts, GenerationOptions options, TextListener listener) {
    List<Answer> answers = new ArrayList<>();
    for (int row = 0; row < prompts.size(); row++) {
      answers.add(
          new Answer(
              row, prompts.get(row).tokens().length, tokenizer.decoder(), listener, endTokens));
    }
    Autograd.inference(() -> {
      switch (options.profile()) {
        case CACHED -> cached(prompts, answers, options.maxNewTokens());
        case STRICT -> strict(prompts, answers, options.maxNewTokens());
      }
    });
    return answers.stream().map(answer -> answer.finish(tokenizer)).toList();
  }

  private void cached(List<Sample> prompts, List<Answer> answers, int maxNewTokens) {
    Batch batch = collator.collate(prompts);
    int rows = batch.rows();
    try (KvCache cache =
        new KvCache(network.config().text(), rows, batch.length() + maxNewTokens)) {
      long[] tokens;
      try (Scope scope = Scope.open()) {
        tokens = mostProbable(network.hidden(scope, batch, cache, VisionLanguageModel.NO_PROBE));
      }
      for (int produced = 1; accept(answers, tokens) && produced < maxNewTokens; produced++) {
        int generated = cache.length() - batch.length();
        long[] positions =
            Arrays.stream(batch.nextPositions()).map(next -> next + generated).toArray();
        try (Scope scope = Scope.open()) {
          tokens =
              mostProbable(
                  network.next(
                      scope, tokens, positions, visible(batch, cache.length() + 1), cache));
        }
      }
    }
  }

  private void strict(List<Sample> prompts, List<Answer> answers, int maxNewTokens) {
    List<Sample> rows = new ArrayList<>(prompts);
    for (int produced = 0; produced < maxNewTokens; produced++) {
      long[] tokens;
      try (Scope scope = Scope.open()) {
        tokens =
            mostProbable(
                network.hidden(scope, collator.collate(rows), null, VisionLanguageModel.NO_PROBE));
      }
      if (!accept(answers, tokens)) {
        return;
      }
      for (int row = 0; row < tokens.length; row++) {
        rows.set(row, extended(rows.get(row), (int) tokens[row]));
      }
    }
  }

  private static Sample extended(Sample sample, int token) {
    int[] tokens = Arrays.copyOf(sample.tokens(), sample.tokens().length + 1);
    tokens[tokens.length - 1] = token;
    return Sample.prompt(sample.name(), tokens, sample.images());
  }

  /**
   * Most probable next token of each row, from hidden states [B, T, H] of which the last counts.
   */
  private long[] mostProbable(NDArray hidden_BTH) {
    NDArray last_BH = hidden_BTH.get(new NDIndex(":, -1"));
    return Ops.argmax(network.logits(last_BH), 1).toLongArray();
  }

  /** Adds a token to every answer that is not complete; false once all are. */
  private static boolean accept(List<Answer> answers, long[] tokens) {
    boolean more = false;
    for (int row = 0; row < tokens.length; row++) {
      more |= answers.get(row).accept((int) tokens[row]);
    }
    return more;
  }

  /**
   * Which cached tokens a row sees: its prompt without the padding, and all that it has generated.
   */
  private static boolean[] visible(Batch batch, int keys) {
    boolean[] visible = new boolean[batch.rows() * keys];
    for (int row = 0; row < batch.rows(); row++) {
      for (int key = 0; key < keys; key++) {
        visible[row * keys + key] =
            key >= batch.length() || batch.attentionMask()[row * batch.length() + key] == 1;
      }
    }
    return visible;
  }
}
