package io.lockstep.verdict.guidance;

import io.lockstep.config.Checked;
import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.ConfigWriter;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.config.Vocabulary;
import io.lockstep.config.YamlText;
import io.lockstep.data.stageb.Judgement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a mission's verdicts go by. In files YAML, written by people, or JSON, written by a run.
 *
 * @param mission what is inspected; one line
 * @param focus what to look at; empty for nothing in particular
 * @param objects words of the check list: a finding forces a fail only if it names one that G0
 *     names too
 * @param items structural ones, the check list, learned ones, in the order of prompts
 * @param next number of the next learned item; numbers are never used again
 */
public record Guidance(
    @Key(value = "What is inspected, as Stage-A's files say it.") String mission,
    @Key(value = "What to look at, for the prompt; nothing if it is empty.", otherwise = "''")
        String focus,
    @Key(
            value =
                "Words by which findings belong to this mission; one counts while G0 has it, too.",
            otherwise = "[]")
        List<String> objects,
    @Key(value = "Numbered items, in the order of prompts.", min = 1) List<GuidanceItem> items,
    @Key(value = "Number of the next learned item.", otherwise = "1", min = 1) int next)
    implements Checked {

  /** The key of the check list. */
  public static final String CHECK_LIST = "G0";

  public Guidance {
    objects = List.copyOf(objects);
    items = List.copyOf(items);
    next = Math.max(next, 1 + items.stream().mapToInt(Guidance::number).max().orElse(0));
  }

  /** A guidance whose learned items are numbered on from those it has. */
  public Guidance(String mission, String focus, List<String> objects, List<GuidanceItem> items) {
    this(mission, focus, objects, items, 1);
  }

  private static int number(GuidanceItem item) {
    String digits = item.key().replaceAll("\\D", "");
    return item.isStructural() || digits.isEmpty() ? 0 : Integer.parseInt(digits);
  }

  /**
   * Reads a file.
   *
   * @throws ConfigException with every problem
   */
  public static Guidance read(Path file) throws IOException, ConfigException {
    return ConfigReader.read(
        Guidance.class,
        YamlText.written(file),
        ConfigReader.Origin.of(file, Optional.empty()),
        Vocabulary.NONE);
  }

  /** It as JSON in one line. */
  public String json() {
    return ConfigWriter.json(this);
  }

  @Override
  public void check(Place section) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < items.size(); i++) {
      GuidanceItem item = items.get(i);
      if (!seen.add(item.key())) {
        section.at("items").at(i).at("key").problem("is there twice: " + item.key());
      }
      Optional<String> problem = problemOf(item.text());
      if (problem.isPresent()) {
        section.at("items").at(i).at("text").problem(problem.get());
      }
    }
    if (!seen.contains(CHECK_LIST)) {
      section.at("items").problem("has no G0: the check list is what a mission is judged by");
    }
    String checkList = item(CHECK_LIST).map(GuidanceItem::text).orElse("");
    for (String object : objects) {
      if (!seen.isEmpty() && !checkList.contains(object)) {
        section.at("objects").problem("names '" + object + "', which G0 doesn't");
      }
    }
  }

  /** What an item's text may not be. */
  static Optional<String> problemOf(String text) {
    if (text.isBlank() || !text.equals(text.strip()) || text.lines().count() != 1) {
      return Optional.of("must be one line without blanks around it");
    }
    return Judgement.thirdState(text).map(word -> "has '" + word + "' in it, a third state");
  }

  /** The item of a key. */
  public Optional<GuidanceItem> item(String key) {
    return items.stream().filter(item -> item.key().equals(key)).findFirst();
  }

  /** The texts without counters: what prompts and verdicts depend on. */
  public List<String> texts() {
    return items.stream().map(item -> item.key() + " " + item.text()).toList();
  }

  /** The same without an item. */
  public Guidance without(String key) {
    return with(items.stream().filter(item -> !item.key().equals(key)).toList(), next);
  }

  /** The same with how many groups each item has helped and harmed. */
  public Guidance counted(Map<String, Counts> counts) {
    return with(
        items.stream()
            .map(item -> {
              Counts count = counts.getOrDefault(item.key(), new Counts(0, 0));
              return item.counted(count.helped(), count.harmed());
            })
            .toList(),
        next);
  }

  /**
   * How often an item decided.
   *
   * @param helped verdicts that are right because of it
   * @param harmed verdicts that are wrong because of it
   */
  public record Counts(int helped, int harmed) {}

  Guidance with(List<GuidanceItem> others, int number) {
    return new Guidance(mission, focus, objects, others, number);
  }

  Guidance adding(String text) {
    List<GuidanceItem> more = new ArrayList<>(items);
    more.add(new GuidanceItem("G" + next, text));
    return with(more, next + 1);
  }

  Guidance rewording(String key, String text) {
    return with(
        items.stream().map(item -> item.key().equals(key) ? item.withText(text) : item).toList(),
        next);
  }

  /** Learned items, by number. */
  public List<GuidanceItem> learned() {
    return items.stream()
        .filter(item -> !item.isStructural() && !item.isCheckList())
        .sorted(Comparator.comparingInt(Guidance::number))
        .toList();
  }
}
