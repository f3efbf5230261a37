package io.lockstep.model.chat;

import io.lockstep.model.tokenizer.Tokenizer;
import java.util.Arrays;

/**
 * Collects tokens and labels; text between two special tokens or ends is tokenised in one piece, as
 * the public libraries do, because merges reach across the parts it was put together from.
 */
final class TokenRun {
  private static final int IGNORED = -100;
  private static final int INITIAL_CAPACITY = 256;

  private final Tokenizer tokenizer;
  private final StringBuilder text = new StringBuilder();
  private int[] tokens = new int[INITIAL_CAPACITY];
  private int[] labels = new int[INITIAL_CAPACITY];
  private int size;

  TokenRun(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** Appends plain text. */
  void text(String piece) {
    text.append(piece);
  }

  /** Ends the text before, of which nothing is learned, and appends a special token. */
  void special(int id, boolean learned) {
    endUnlearned();
    add(id, learned);
  }

  /** Ends the text; nothing of it is learned. */
  void endUnlearned() {
    int[] ids = take();
    append(ids, ids.length);
  }

  /** Ends the text; all of it is learned. */
  void endLearned() {
    append(take(), 0);
  }

  Encoded encoded() {
    endUnlearned();
    return new Encoded(Arrays.copyOf(tokens, size), Arrays.copyOf(labels, size));
  }

  private int[] take() {
    int[] ids = text.isEmpty() ? new int[0] : tokenizer.encode(text.toString());
    text.setLength(0);
    return ids;
  }

  private void append(int[] ids, int learnedFrom) {
    for (int i = 0; i < ids.length; i++) {
      add(ids[i], i >= learnedFrom);
    }
  }

  private void add(int token, boolean learned) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
      labels = Arrays.copyOf(labels, 2 * size);
    }
    tokens[size] = token;
    labels[size] = learned ? token : IGNORED;
    size++;
  }
}
