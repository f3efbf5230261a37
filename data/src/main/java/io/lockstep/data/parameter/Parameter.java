package io.lockstep.data.parameter;

import java.util.List;

/**
 * A declared parameter of something that configurations name: its name, its default and what it may
 * be.
 */
public sealed interface Parameter {

  /** Its name in a configuration. */
  String name();

  /** Its value where a configuration leaves it out. */
  Object otherwise();

  /** A number. */
  static Parameter number(String name, double otherwise, double min, double max) {
    return new Numeric(name, otherwise, new Interval(min, max), false);
  }

  /** A whole number. */
  static Parameter integer(String name, int otherwise, int min, int max) {
    return new Numeric(name, (double) otherwise, new Interval(min, max), true);
  }

  /** Numbers from low to high, one of which is drawn: a list of two, or one number for both. */
  static Parameter interval(String name, double low, double high, double min, double max) {
    return new Range(name, new Interval(low, high), new Interval(min, max));
  }

  /** True or false. */
  static Parameter flag(String name, boolean otherwise) {
    return new Flag(name, otherwise);
  }

  /** One of several words; the first is the default. */
  static Parameter choice(String name, String... words) {
    return new Choice(name, List.of(words));
  }

  /** A text, empty by default. */
  static Parameter text(String name) {
    return new Text(name);
  }

  /** A list of texts, empty by default. */
  static Parameter texts(String name) {
    return new Texts(name);
  }

  /** A number; a curriculum may change it. */
  record Numeric(String name, Double otherwise, Interval bounds, boolean whole)
      implements Parameter {}

  /** An interval of numbers; a curriculum may change both ends. */
  record Range(String name, Interval otherwise, Interval bounds) implements Parameter {}

  /** True or false. */
  record Flag(String name, Boolean otherwise) implements Parameter {}

  /** One of several words. */
  record Choice(String name, List<String> words) implements Parameter {
    @Override
    public String otherwise() {
      return words.getFirst();
    }
  }

  /** A text. */
  record Text(String name) implements Parameter {
    @Override
    public String otherwise() {
      return "";
    }
  }

  /** A list of texts. */
  record Texts(String name) implements Parameter {
    @Override
    public List<String> otherwise() {
      return List.of();
    }
  }
}
