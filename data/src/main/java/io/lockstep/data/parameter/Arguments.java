package io.lockstep.data.parameter;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The values of declared parameters, complete and within their bounds.
 *
 * @param values by name: a Double, {@link Interval}, Boolean, String or list of strings
 */
public record Arguments(Map<String, Object> values) {

  public Arguments {
    values = Collections.unmodifiableMap(new TreeMap<>(values));
  }

  /** A number. */
  public double number(String name) {
    return (Double) value(name);
  }

  /** A whole number. */
  public int integer(String name) {
    return (int) StrictMath.rint(number(name));
  }

  /** An interval. */
  public Interval interval(String name) {
    return (Interval) value(name);
  }

  /** True or false. */
  public boolean flag(String name) {
    return (Boolean) value(name);
  }

  /** A text or one word. */
  public String text(String name) {
    return (String) value(name);
  }

  /** A list of texts. */
  public List<String> texts(String name) {
    return ((List<?>) value(name)).stream().map(String.class::cast).toList();
  }

  private Object value(String name) {
    return Objects.requireNonNull(values.get(name), () -> "no parameter is called " + name);
  }
}
