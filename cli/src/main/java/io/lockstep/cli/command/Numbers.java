package io.lockstep.cli.command;

import io.lockstep.cli.console.UsageError;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Whole numbers of options, held to their range where they are read: bad usage if outside. */
public final class Numbers {

  private static final int MAX_PORT = 65_535;

  private Numbers() {}

  private static long between(String text, long min, long max) {
    try {
      long value = Long.parseLong(text.strip());
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below, with the range.
    }
    boolean open = max == Long.MAX_VALUE || (max == Integer.MAX_VALUE && !text.matches("\\d{10,}"));
    throw new TypeConversionException(
        "'%s' is no whole number %s"
            .formatted(
                text, open ? "of at least " + min : "between %d and %d".formatted(min, max)));
  }

  /** Refuses an option's value outside of its range. */
  public static void require(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new UsageError("%s is %d: give %d to %d".formatted(option, value, least, most));
    }
  }

  /** At least 1. */
  public static final class Count implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) between(text, 1, Integer.MAX_VALUE);
    }
  }

  /** At least 0. */
  public static final class Amount implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) between(text, 0, Integer.MAX_VALUE);
    }
  }

  /** At least 1, and more than an int if need be. */
  public static final class LongCount implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return between(text, 1, Long.MAX_VALUE);
    }
  }

  /** At least 0, and more than an int if need be. */
  public static final class LongAmount implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return between(text, 0, Long.MAX_VALUE);
    }
  }

  /** A TCP port, or 0 for a free one. */
  public static final class Port implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return (int) between(text, 0, MAX_PORT);
    }
  }
}
