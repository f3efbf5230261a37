package io.lockstep.data.conversation;

import java.text.Normalizer;
import java.text.Normalizer.Form;

/**
 * When two texts say the same to a model: Unicode writes an accented letter in one piece (NFC) or
 * as letter and accent (NFD, as file names of Macs do), and tokenizers make one of the two. An
 * answer therefore can't be told apart by it, nor may names that people write.
 *
 * <p>Only comparisons look through it. Records are kept and shown as their files have them, since
 * files are found by the very characters of their names.
 */
public final class SameText {

  private SameText() {}

  /** The form that equal texts share, and that the tokenizers of these models read: NFC. */
  public static String form(String text) {
    return Normalizer.normalize(text, Form.NFC);
  }

  /** Whether two texts are the same but for that. */
  public static boolean same(String one, String other) {
    return one.equals(other) || form(one).equals(form(other));
  }
}
