package io.lockstep.model.batch;

import io.lockstep.data.conversation.TokenKind;
import java.util.Optional;

/**
 * What is known of a token that is learned besides its id, as a byte: the {@link TokenKind} that it
 * counts as, whether it is of an answer in a demonstration (a teacher's) or of one that counts (the
 * student's), and whether the model that is trained has written that answer itself. A row without
 * marks is a student's, given by somebody else, of no kind.
 */
public final class Marks {

  private static final int KIND = 0b11;
  private static final int TEACHER = 0b100;
  private static final int OWN = 0b1000;

  /** The mark of a token that the model has written itself. */
  public static final byte WRITTEN_BY_ITSELF = OWN;

  private Marks() {}

  /** The mark of a token. */
  public static byte of(Optional<TokenKind> kind, boolean teacher) {
    return (byte) (kind.map(TokenKind::number).orElse(0) | (teacher ? TEACHER : 0));
  }

  /** The number of its kind; 0 if it is of none. */
  public static int kind(byte mark) {
    return mark & KIND;
  }

  /** Whether it is of an answer in a demonstration. */
  public static boolean isTeachers(byte mark) {
    return (mark & TEACHER) != 0;
  }

  /** Whether the model that is trained has written it itself. */
  public static boolean isOwn(byte mark) {
    return (mark & OWN) != 0;
  }
}
