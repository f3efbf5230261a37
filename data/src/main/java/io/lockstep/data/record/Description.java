package io.lockstep.data.record;

import io.lockstep.config.text.UsableText;
import io.lockstep.data.conversation.SameText;
import java.util.List;
import java.util.Optional;

/** The rules for the text that describes an object. */
public final class Description {

  private static final String BELOW = "/";

  private Description() {}

  /** Whether a description is of one of some classes, or of one below them. */
  public static boolean isOf(String desc, List<String> classes) {
    return classes.stream().anyMatch(each -> isOf(SameText.form(desc), SameText.form(each)));
  }

  private static boolean isOf(String desc, String name) {
    return desc.equals(name) || desc.startsWith(name + BELOW);
  }

  /** What follows the class in a description of it, such as {@code /broken}; often nothing. */
  public static String below(String desc, String name) {
    return SameText.form(desc).substring(SameText.form(name).length());
  }

  /** The first broken rule, in words, or nothing for good text. */
  public static Optional<String> problem(String desc) {
    if (UsableText.isBlank(desc)) {
      return Optional.of("is empty; describe the object");
    }
    Optional<String> unusable = UsableText.problem(desc).or(() -> StructureTokens.problem(desc));
    if (unusable.isPresent()) {
      return unusable;
    }
    for (int i = 0; i < desc.length(); i++) {
      char c = desc.charAt(i);
      if (isControl(c)) {
        return Optional.of(
            "holds a line break, tab or control character (U+%04X) at character %d; remove it"
                .formatted((int) c, i + 1));
      }
      boolean blank = Character.isSpaceChar(c);
      boolean blankBefore = i > 0 && Character.isSpaceChar(desc.charAt(i - 1));
      if (blank && blankBefore) {
        return Optional.of("holds two blanks in a row at character " + i + "; leave one");
      }
      if ((blankBefore && isSeparator(c)) || (blank && i > 0 && isSeparator(desc.charAt(i - 1)))) {
        char separator = blankBefore ? c : desc.charAt(i - 1);
        return Optional.of(
            "holds a blank beside '" + separator + "' at character " + i + "; remove the blank");
      }
    }
    // Descriptions that look alike have to be the same class.
    return UsableText.warning(desc);
  }

  private static boolean isControl(char c) {
    return Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
  }

  private static boolean isSeparator(char c) {
    return c == ',' || c == '/';
  }
}
