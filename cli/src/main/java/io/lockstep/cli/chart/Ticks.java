package io.lockstep.cli.chart;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Round numbers along an axis. */
final class Ticks {

  private static final int[] STEPS = {1, 2, 5, 10};

  /** Shorter axes than this have 2 and 5 between the powers of ten. */
  private static final double FEW_DECADES = 2.5;

  private Ticks() {}

  /** About so many multiples of 1, 2 or 5 times a power of ten between two numbers. */
  static List<Double> linear(double low, double high, int count) {
    double span = high > low ? high - low : Math.max(1e-12, Math.abs(high));
    double power = Math.pow(10, Math.floor(Math.log10(span / count)));
    double step = power;
    for (int times : STEPS) {
      step = times * power;
      if (span / step <= count) {
        break;
      }
    }
    List<Double> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * span; i++) {
      ticks.add(i * step);
    }
    return ticks.isEmpty() ? List.of(low) : ticks;
  }

  /** Powers of ten, with 2 and 5 times them if they are few; none outside but the nearest. */
  static List<Double> logarithmic(double low, double high) {
    boolean fine = Math.log10(high / low) < FEW_DECADES;
    List<Double> all = new ArrayList<>();
    for (int power = (int) Math.floor(Math.log10(low));
        power <= Math.ceil(Math.log10(high));
        power++) {
      for (int times : fine ? new int[] {1, 2, 5} : new int[] {1}) {
        all.add(times * Math.pow(10, power));
      }
    }
    int from = 0;
    while (from + 1 < all.size() && all.get(from + 1) <= low) {
      from++;
    }
    int to = all.size();
    while (to - 2 > from && all.get(to - 2) >= high) {
      to--;
    }
    return List.copyOf(all.subList(from, to));
  }

  /** Without needless zeros; very small numbers with an exponent. */
  static String label(double value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal rounded = new BigDecimal(value, new MathContext(3)).stripTrailingZeros();
    return Math.abs(value) < 1e-3 ? rounded.toString() : rounded.toPlainString();
  }
}
