package io.lockstep.config;

import java.util.ArrayList;
import java.util.List;

/** Records between two of the same type. */
public final class Interpolation {

  private Interpolation() {}

  /**
   * A record whose numbers, also those in nested records and lists of them, lie between those of
   * two others; all else is of the second.
   *
   * @param t 0 for the first, 1 for the second
   */
  @SuppressWarnings("unchecked")
  public static <R extends Record> R between(R from, R to, double t) {
    return (R) records(from, to, t);
  }

  private static Record records(Record from, Record to, double t) {
    List<Object> values = new ArrayList<>();
    for (Declared key : Declared.of(to.getClass())) {
      values.add(values(key.value(from), key.value(to), t));
    }
    return Declared.create(to.getClass(), values);
  }

  private static Object values(Object from, Object to, double t) {
    return switch (to) {
      case Double b when from instanceof Double a -> numbers(a, b, t);
      case Integer b when from instanceof Integer a -> (int) StrictMath.rint(numbers(a, b, t));
      case Interval b when from instanceof Interval a ->
          new Interval(numbers(a.low(), b.low(), t), numbers(a.high(), b.high(), t));
      case Record b when from instanceof Record a && a.getClass() == b.getClass() ->
          records(a, b, t);
      case List<?> b when from instanceof List<?> a && a.size() == b.size() -> {
        List<Object> between = new ArrayList<>();
        for (int i = 0; i < b.size(); i++) {
          between.add(values(a.get(i), b.get(i), t));
        }
        yield between;
      }
      default -> to;
    };
  }

  private static double numbers(double a, double b, double t) {
    return t <= 0 ? a : t >= 1 ? b : a + (b - a) * t;
  }
}
