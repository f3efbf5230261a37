package io.lockstep.coordinator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Everything but a run's recipe and data that decides the bits of its results, as workers report
 * it: threads, libraries, vector instructions, the kinds of processor and device with their
 * drivers, and the variables by which the matrix library is told what to use. A run keeps those
 * that it began with, and takes no worker with others.
 *
 * @param values by name; a variable that isn't set has the value {@link #UNSET}
 */
public record Numerics(SortedMap<String, String> values) {

  /** No value is known. */
  public static final Numerics UNKNOWN = new Numerics(new TreeMap<>());

  /** What the keys of {@code --acknowledge} begin with. */
  public static final String PREFIX = "numerics.";

  /** The value of a variable of the environment that isn't set. */
  public static final String UNSET = "not set";

  private static final String UNTOLD = "unknown";

  /** Most values of a worker, and most characters of a name and of a value. */
  private static final int MAX_VALUES = 64;

  private static final int MAX_TEXT = 512;

  private static final String THREADS = "threads";
  private static final Pattern VARIABLE = Pattern.compile("[A-Z][A-Z0-9_]*");
  private static final Map<String, String> REMEDIES =
      Map.of(
          "libtorch",
          "start it with the same build of Lockstep",
          "matrix_library",
          "start it with the same build of Lockstep",
          "vector_instructions",
          "start it on a processor with the same ones, or all with the same ATEN_CPU_CAPABILITY",
          "processor",
          "start it on the same kind of processor",
          "device",
          "start it with --device on the same kind of device",
          "compute_capability",
          "start it with --device on the same kind of device",
          "cuda_driver",
          "start it on a machine with the same NVIDIA driver",
          "cuda_runtime",
          "start it with the same libtorch",
          "cudnn",
          "start it with the same libtorch");

  public Numerics {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
  }

  /** Whether number and lengths of the values are within what a worker sends. */
  public boolean isReasonable() {
    return values.size() <= MAX_VALUES
        && values.entrySet().stream()
            .allMatch(entry ->
                entry.getKey().length() <= MAX_TEXT && entry.getValue().length() <= MAX_TEXT);
  }

  /** These values, and those of the others where these have none. */
  public Numerics completedBy(Numerics others) {
    SortedMap<String, String> all = new TreeMap<>(others.values);
    all.putAll(values);
    return new Numerics(all);
  }

  /**
   * These values without those that a person has acknowledged to differ.
   *
   * @param acknowledged keys such as {@code numerics.threads}; other keys are ignored
   */
  public Numerics without(Set<String> acknowledged) {
    SortedMap<String, String> kept = new TreeMap<>(values);
    kept.keySet().removeIf(name -> acknowledged.contains(PREFIX + name));
    return new Numerics(kept);
  }

  /**
   * How a worker's values differ from these, which are its run's, and what to do about it.
   *
   * @param who the worker
   * @param others what it computes with
   * @return empty if nothing differs
   */
  public Optional<String> difference(String who, Numerics others) {
    SortedSet<String> names = new TreeSet<>(values.keySet());
    names.addAll(others.values.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String wanted = values.getOrDefault(name, UNTOLD);
      String found = others.values.getOrDefault(name, UNTOLD);
      if (!found.equals(wanted)) {
        differences.add(describe(name, wanted, found));
      }
    }
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "worker %s computes %s; other weights would come of it"
                .formatted(who, String.join("; and ", differences)));
  }

  private static String describe(String name, String wanted, String found) {
    if (name.equals(THREADS)) {
      return "with %s %s, this run with %s: start it with --threads %s"
          .formatted(found, found.equals("1") ? "thread" : "threads", wanted, wanted);
    }
    if (VARIABLE.matcher(name).matches()) {
      return "with %s %s, this run with %s: %s"
          .formatted(
              name,
              found,
              wanted,
              wanted.equals(UNSET)
                  ? "start it after 'unset " + name + "'"
                  : "start it after 'export %s=%s'".formatted(name, wanted));
    }
    return "with %s '%s', this run with '%s': %s"
        .formatted(
            name.replace('_', ' '),
            found,
            wanted,
            REMEDIES.getOrDefault(name, "start one that has the same"));
  }
}
