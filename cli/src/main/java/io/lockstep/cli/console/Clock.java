package io.lockstep.cli.console;

import io.lockstep.data.plan.Pace;
import java.util.Locale;

/** Times for people. */
public final class Clock {

  private Clock() {}

  /** Seconds as {@code m:ss} or {@code h:mm:ss}. */
  public static String text(long seconds) {
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }

  /** A time with its spread if it has one, for instance {@code 4:02 (3:50 to 4:20)}. */
  public static String text(Pace.Remaining time) {
    String low = text((long) Math.floor(time.low()));
    String high = text((long) Math.ceil(time.high()));
    String most = text((long) Math.ceil(time.seconds()));
    return time.high() - time.low() < 1 ? most : "%s (%s to %s)".formatted(most, low, high);
  }
}
