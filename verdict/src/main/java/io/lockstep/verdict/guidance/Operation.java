package io.lockstep.verdict.guidance;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** A change of one item, proposed with the tickets that speak for it. */
public sealed interface Operation {

  /** Most characters of an item. */
  int MAX_TEXT = 200;

  /** What names one sample: pictures by number, tickets by key. */
  Pattern SAMPLE_DETAIL = Pattern.compile("(?i)image[_ ]?\\d+|图片?_?\\d+|::(pass|fail)");

  /** Keys of the tickets that speak for it. */
  List<String> evidence();

  /** The word in files: {@code add}, {@code update}, {@code delete} or {@code merge}. */
  String word();

  /** The item that it changes or the first of them; empty for a new one. */
  default String target() {
    return "";
  }

  /** The text that it writes; empty if it writes none. */
  default String text() {
    return "";
  }

  /**
   * The guidance with this change alone.
   *
   * @throws RefusedOperationException if the rules of guidances forbid it
   */
  Guidance on(Guidance guidance) throws RefusedOperationException;

  /** A new learned item. */
  record Add(String text, List<String> evidence) implements Operation {
    public Add {
      evidence = List.copyOf(evidence);
    }

    @Override
    public String word() {
      return "add";
    }

    @Override
    public Guidance on(Guidance guidance) throws RefusedOperationException {
      requireUsable(guidance, text, "");
      return guidance.adding(text);
    }
  }

  /** Another text of the check list or of a learned item. */
  record Update(String target, String text, List<String> evidence) implements Operation {
    public Update {
      evidence = List.copyOf(evidence);
    }

    @Override
    public String word() {
      return "update";
    }

    @Override
    public Guidance on(Guidance guidance) throws RefusedOperationException {
      requireChangeable(guidance, target);
      requireUsable(guidance, text, target);
      return guidance.rewording(target, text);
    }
  }

  /** One learned item less. */
  record Delete(String target, List<String> evidence) implements Operation {
    public Delete {
      evidence = List.copyOf(evidence);
    }

    @Override
    public String word() {
      return "delete";
    }

    @Override
    public Guidance on(Guidance guidance) throws RefusedOperationException {
      requireChangeable(guidance, target);
      requireNotCheckList(target, "deleted");
      return guidance.without(target);
    }
  }

  /** One text in place of several learned items; it gets the number of the first. */
  record Merge(List<String> targets, String text, List<String> evidence) implements Operation {
    public Merge {
      targets = List.copyOf(targets);
      evidence = List.copyOf(evidence);
    }

    @Override
    public String word() {
      return "merge";
    }

    @Override
    public String target() {
      return String.join("+", targets);
    }

    @Override
    public Guidance on(Guidance guidance) throws RefusedOperationException {
      if (targets.size() < 2 || new HashSet<>(targets).size() != targets.size()) {
        throw new RefusedOperationException("a merge takes two different items or more");
      }
      for (String key : targets) {
        requireChangeable(guidance, key);
        requireNotCheckList(key, "merged away");
      }
      Guidance merged = guidance;
      for (String key : targets.subList(1, targets.size())) {
        merged = merged.without(key);
      }
      requireUsable(merged, text, targets.getFirst());
      return merged.rewording(targets.getFirst(), text);
    }
  }

  private static void requireChangeable(Guidance guidance, String key)
      throws RefusedOperationException {
    Optional<GuidanceItem> item = guidance.item(key);
    if (item.isEmpty()) {
      throw new RefusedOperationException("there is no item '" + key + "'");
    }
    if (item.get().isStructural()) {
      throw new RefusedOperationException(key + " is structural: S items are never changed");
    }
  }

  private static void requireNotCheckList(String key, String done)
      throws RefusedOperationException {
    if (key.equals(Guidance.CHECK_LIST)) {
      throw new RefusedOperationException("G0 is never " + done);
    }
  }

  private static void requireUsable(Guidance guidance, String text, String key)
      throws RefusedOperationException {
    Optional<String> problem = Guidance.problemOf(text);
    if (problem.isPresent()) {
      throw new RefusedOperationException("the text " + problem.get());
    }
    if (text.length() > MAX_TEXT) {
      throw new RefusedOperationException(
          "the text has %d characters, at most %d fit".formatted(text.length(), MAX_TEXT));
    }
    if (SAMPLE_DETAIL.matcher(text).find()) {
      throw new RefusedOperationException("the text tells of one sample: '" + text + "'");
    }
    if (guidance.items().stream()
        .anyMatch(item -> item.text().equals(text) && !item.key().equals(key))) {
      throw new RefusedOperationException("the text is there already");
    }
    if (guidance.item(key).filter(item -> item.text().equals(text)).isPresent()) {
      throw new RefusedOperationException("the text is as it was");
    }
  }
}
