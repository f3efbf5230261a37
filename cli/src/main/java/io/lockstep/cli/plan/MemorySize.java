package io.lockstep.cli.plan;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes of memory as people write them. */
public final class MemorySize {

  private static final Pattern FORM = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,6})?)\\s*([a-z]+)");

  private static final double GIBIBYTE = 1L << 30;

  private static final Map<String, Long> UNITS = new LinkedHashMap<>();

  static {
    UNITS.put("MB", 1_000_000L);
    UNITS.put("GB", 1_000_000_000L);
    UNITS.put("TB", 1_000_000_000_000L);
    UNITS.put("MiB", 1L << 20);
    UNITS.put("GiB", 1L << 30);
    UNITS.put("TiB", 1L << 40);
  }

  private MemorySize() {}

  /**
   * The bytes that a text means: a number and a unit, {@code GB} for powers of 1000 and {@code GiB}
   * for powers of 1024, in any case.
   *
   * @throws IllegalArgumentException with what is wrong with it
   */
  public static long parse(String text) {
    Matcher matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (matcher.matches()) {
      for (Map.Entry<String, Long> unit : UNITS.entrySet()) {
        if (unit.getKey().toLowerCase(Locale.ROOT).equals(matcher.group(2))) {
          BigDecimal bytes =
              new BigDecimal(matcher.group(1))
                  .multiply(BigDecimal.valueOf(unit.getValue()))
                  .setScale(0, RoundingMode.DOWN);
          if (bytes.signum() > 0 && bytes.toBigIntegerExact().bitLength() < Long.SIZE) {
            return bytes.longValueExact();
          }
        }
      }
    }
    throw new IllegalArgumentException(
        "'%s' is no size of memory: give a number and a unit (%s), such as 80GiB"
            .formatted(text, String.join(", ", UNITS.keySet())));
  }

  /** A size in GiB. */
  public static String text(long bytes) {
    return String.format(Locale.ROOT, "%,.1f", bytes / GIBIBYTE);
  }
}
