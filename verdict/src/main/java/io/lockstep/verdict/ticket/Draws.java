package io.lockstep.verdict.ticket;

import io.lockstep.data.plan.SplitMix64;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/** Everything that is drawn in a run: a function of its seed and of what is drawn for. */
public final class Draws {

  private Draws() {}

  /** Evenly distributed 64 bits for a purpose and a name. */
  public static long bits(long seed, String purpose, String name) {
    return SplitMix64.mix(seed, words(purpose), words(name));
  }

  /** A number in [0, 1) for a purpose and a name. */
  public static double unit(long seed, String purpose, String name) {
    return SplitMix64.unit(bits(seed, purpose, name));
  }

  /** The entries in a drawn order, which doesn't depend on the order they come in. */
  public static <T> List<T> shuffled(
      List<T> entries, Function<T, String> name, long seed, String purpose) {
    return entries.stream()
        .sorted(
            Comparator.comparingLong((T entry) -> bits(seed, purpose, name.apply(entry)))
                .thenComparing(name))
        .toList();
  }

  private static long words(String text) {
    long mixed = text.length();
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      mixed = SplitMix64.mix(mixed, each);
    }
    return mixed;
  }
}
