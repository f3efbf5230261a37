package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.text.NearestName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How the configuration of a run that goes on differs from the one it began with. What changes the
 * numbers that are computed must be wanted: it is refused unless it is acknowledged by its name.
 *
 * @param differences in the order of their names
 */
public record ConfigComparison(List<Difference> differences) {

  private static final String ABSENT = "(not set)";

  /**
   * One key with two values.
   *
   * @param key as it is written in the file, for example {@code training.save_steps}
   * @param before the value the run began with
   * @param after the value it is to go on with
   * @param changesNumbers whether other weights come out
   */
  public record Difference(String key, String before, String after, boolean changesNumbers) {
    @Override
    public String toString() {
      return "%s was %s and is now %s".formatted(key, before, after);
    }
  }

  public ConfigComparison {
    differences = List.copyOf(differences);
  }

  /**
   * Compares two configurations of a type, both with defaults filled in.
   *
   * @param stored the one the run began with
   * @param resumed the one it is to go on with
   */
  public static ConfigComparison of(Record stored, Record resumed) {
    ObjectNode before = ConfigWriter.tree(stored);
    ObjectNode after = ConfigWriter.tree(resumed);
    SortedMap<String, Difference> differences = new TreeMap<>();
    for (Declared section : Declared.of(stored.getClass())) {
      JsonNode old = before.path(section.name());
      JsonNode now = after.path(section.name());
      if (section.shape() instanceof Declared.Value) {
        compare(section.name(), old, now, section.key().changesWeights())
            .ifPresent(found -> differences.put(found.key(), found));
        continue;
      }
      // What was not recorded can't be held against anybody.
      boolean recorded = !section.key().filledIn() || !old.isMissingNode();
      for (Declared key : keys(section)) {
        boolean changes = section.key().changesWeights() && key.key().changesWeights();
        String name = section.name() + "." + key.name();
        compare(name, old.path(key.name()), now.path(key.name()), changes && recorded)
            .ifPresent(found -> differences.put(name, found));
      }
    }
    return new ConfigComparison(List.copyOf(differences.values()));
  }

  private static Optional<Difference> compare(
      String name, JsonNode old, JsonNode now, boolean changesNumbers) {
    String was = text(old);
    String is = text(now);
    return was.equals(is)
        ? Optional.empty()
        : Optional.of(new Difference(name, was, is, changesNumbers));
  }

  private static List<Declared> keys(Declared section) {
    if (section.shape() instanceof Declared.Section(var type)) {
      return Declared.flat(type);
    }
    throw new IllegalStateException(section.name() + " must be a section to be compared");
  }

  /**
   * Refuses what changes the numbers and is not acknowledged.
   *
   * @param acknowledged names of keys whose change is wanted
   * @return one line for each difference that is let through, and for each acknowledged name that
   *     doesn't differ, as after a restart
   * @throws ConfigException naming every refused key with both values
   */
  public List<String> require(String source, Set<String> acknowledged) throws ConfigException {
    List<String> problems = new ArrayList<>();
    List<String> notices = new ArrayList<>();
    TreeSet<String> unused = new TreeSet<>(acknowledged);
    for (Difference difference : differences) {
      boolean wanted = unused.remove(difference.key());
      if (difference.changesNumbers() && !wanted) {
        problems.add(
            "%s, which changes the weights: set it back, or add --acknowledge %s"
                .formatted(difference, difference.key()));
      } else if (difference.changesNumbers()) {
        notices.add(difference + ", which changes the weights from here on, as acknowledged");
      } else {
        notices.add(difference + ", which doesn't change the weights");
      }
    }
    for (String name : unused) {
      notices.add(
          "--acknowledge "
              + name
              + " names nothing that differs"
              + NearestName.of(name, differences.stream().map(Difference::key).toList())
                  .map(nearest -> ": did you mean '" + nearest + "'?")
                  .orElse(""));
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(source, problems);
    }
    return List.copyOf(notices);
  }

  /** A list or a nested section is one value. */
  private static String text(JsonNode value) {
    if (value.isMissingNode()) {
      return ABSENT;
    }
    return value.isValueNode() ? value.asText() : value.toString();
  }
}
