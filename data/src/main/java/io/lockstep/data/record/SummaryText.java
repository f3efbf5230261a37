package io.lockstep.data.record;

import io.lockstep.config.text.UsableText;
import io.lockstep.data.conversation.SameText;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The summary of a picture, made from the descriptions of its objects. */
public final class SummaryText {

  private static final String SEPARATOR = "，";
  private static final char TIMES = '×';

  private SummaryText() {}

  /**
   * Merges equal descriptions to {@code desc×N} (also for N = 1), puts the shortest description
   * first and joins them by {@code ，}. Length counts the description's code points without the
   * {@code ×N}; equally long ones stay in the order of their first appearance.
   */
  public static String of(List<String> descriptions) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (String description : descriptions) {
      counts.merge(SameText.form(description), 1, Integer::sum);
    }
    return counts.entrySet().stream()
        .sorted(Comparator.comparingInt(entry -> codePoints(entry.getKey())))
        .map(entry -> entry.getKey() + TIMES + entry.getValue())
        .collect(Collectors.joining(SEPARATOR));
  }

  /** Why a text can't be a summary, in words that follow its name; nothing for one that can. */
  public static Optional<String> problem(String text) {
    return UsableText.problem(text).or(() -> StructureTokens.problem(text));
  }

  private static int codePoints(String text) {
    return text.codePointCount(0, text.length());
  }
}
