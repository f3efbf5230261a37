package io.lockstep.data.augment;

import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Interval;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that a curriculum may change.
 *
 * @param bypassProbability share of samples that stay as they are
 * @param arguments those of every configured operator, in order
 */
record Settings(double bypassProbability, List<Arguments> arguments) {

  Settings {
    arguments = List.copyOf(arguments);
  }

  /** Numbers between these settings, at t = 0, and others, at t = 1; all else is of the others. */
  Settings towards(Settings other, double t) {
    List<Arguments> between = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      between.add(between(arguments.get(i).values(), other.arguments.get(i).values(), t));
    }
    return new Settings(between(bypassProbability, other.bypassProbability, t), between);
  }

  private static Arguments between(Map<String, Object> from, Map<String, Object> to, double t) {
    Map<String, Object> values = new TreeMap<>(to);
    values.replaceAll((name, target) -> {
      Object start = from.get(name);
      if (start instanceof Double a && target instanceof Double b) {
        return between(a, b, t);
      }
      if (start instanceof Interval a && target instanceof Interval b) {
        return new Interval(between(a.low(), b.low(), t), between(a.high(), b.high(), t));
      }
      return target;
    });
    return new Arguments(values);
  }

  private static double between(double a, double b, double t) {
    return t <= 0 ? a : t >= 1 ? b : a + (b - a) * t;
  }
}
