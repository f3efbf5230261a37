package io.lockstep.model.chat;

import io.lockstep.data.conversation.KindSpan;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.TokenKind;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Collects tokens, labels and marks; text between two special tokens or ends is tokenised in one
 * piece, as the public libraries do, because merges reach across the parts it was put together
 * from.
 */
final class TokenRun {
  private static final int IGNORED = -100;
  private static final int INITIAL_CAPACITY = 256;

  private final Tokenizer tokenizer;
  private final StringBuilder text = new StringBuilder();
  private int[] tokens = new int[INITIAL_CAPACITY];
  private int[] labels = new int[INITIAL_CAPACITY];
  private byte[] marks = new byte[INITIAL_CAPACITY];
  private int size;
  private boolean marked;

  /** The mark of learned tokens that are no text of the message's own. */
  private byte frame;

  TokenRun(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** Begins with what is learned of a message. */
  void learn(Message message) {
    Optional<TokenKind> kind =
        message.kinds().isEmpty() ? Optional.empty() : Optional.of(TokenKind.FORMAT);
    frame = Marks.of(kind, message.demonstration());
  }

  /** Appends plain text. */
  void text(String piece) {
    text.append(piece);
  }

  /** Ends the text before, of which nothing is learned, and appends a special token. */
  void special(int id, boolean learned) {
    endUnlearned();
    add(id, learned, frame);
  }

  /** Ends the text; nothing of it is learned. */
  void endUnlearned() {
    for (int id : take()) {
      add(id, false, (byte) 0);
    }
  }

  /** Ends the text; all of it is learned. */
  void endLearned() {
    for (int id : take()) {
      add(id, true, frame);
    }
  }

  /**
   * Ends the text of a message; all of it is learned.
   *
   * @param spans kinds of its characters; empty if they are not told apart
   */
  void endLearned(List<KindSpan> spans) {
    if (spans.isEmpty()) {
      endLearned();
      return;
    }
    String whole = text.toString();
    int[] ids = take();
    List<TokenKind> kinds = TokenKinds.of(tokenizer, whole, spans, ids);
    for (int i = 0; i < ids.length; i++) {
      add(ids[i], true, Marks.of(Optional.of(kinds.get(i)), Marks.isTeachers(frame)));
    }
  }

  Encoded encoded() {
    endUnlearned();
    return new Encoded(
        Arrays.copyOf(tokens, size),
        Arrays.copyOf(labels, size),
        Arrays.copyOf(marks, marked ? size : 0));
  }

  private int[] take() {
    int[] ids = text.isEmpty() ? new int[0] : tokenizer.encode(text.toString());
    text.setLength(0);
    return ids;
  }

  private void add(int token, boolean learned, byte mark) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
      labels = Arrays.copyOf(labels, 2 * size);
      marks = Arrays.copyOf(marks, 2 * size);
    }
    tokens[size] = token;
    labels[size] = learned ? token : IGNORED;
    marks[size] = learned ? mark : 0;
    marked |= marks[size] != 0;
    size++;
  }
}
