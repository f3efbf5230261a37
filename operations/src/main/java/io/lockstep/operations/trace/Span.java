package io.lockstep.operations.trace;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A piece of work that is done, with the pieces that it consisted of.
 *
 * @param begin in nanoseconds of {@link System#nanoTime}
 * @param end the same, not before {@code begin}
 * @param attributes what is known of it: texts and numbers, never a secret, a prompt or an answer
 */
public record Span(
    String name, long begin, long end, SortedMap<String, Object> attributes, List<Span> parts) {

  /** Checks the times. */
  public Span {
    end = Math.max(begin, end);
    attributes = new TreeMap<>(attributes);
    parts = List.copyOf(parts);
  }

  /** Work without parts of which nothing is known besides. */
  public static Span of(String name, long begin, long end) {
    return new Span(name, begin, end, new TreeMap<>(), List.of());
  }

  /** The same with attributes. */
  public Span with(Map<String, ?> more) {
    SortedMap<String, Object> all = new TreeMap<>(attributes);
    all.putAll(more);
    return new Span(name, begin, end, all, parts);
  }

  /** The same with parts. */
  public Span with(List<Span> those) {
    return new Span(name, begin, end, attributes, those);
  }
}
