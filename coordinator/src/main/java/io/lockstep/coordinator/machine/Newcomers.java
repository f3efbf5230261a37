package io.lockstep.coordinator.machine;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How much is said of workers that have not computed anything yet: of each kind the first few in a
 * minute, the others as a count at its end. Whoever floods the port floods no log.
 */
final class Newcomers {

  /** Of each kind, in a minute. */
  static final int FEW = 10;

  static final long MINUTE_MILLIS = 60_000;

  private final Map<News, Minute> minutes = new EnumMap<>(News.class);

  /** What is said of them. */
  enum News {
    REFUSED("were refused"),
    JOINED("joined"),
    LOADED("had loaded"),
    LEAVING("wanted to leave"),
    LEFT("left"),
    FAILED("said that they can't take part"),
    LOST("were lost");

    private final String what;

    News(String what) {
      this.what = what;
    }
  }

  /** Begins with the first of its kind. */
  private static final class Minute {
    final long began;
    int said;
    int kept;

    Minute(long began) {
      this.began = began;
    }
  }

  /** Whether this is said now; if not, it counts. */
  boolean isSaid(News news, long now) {
    Minute minute = minutes.computeIfAbsent(news, _ -> new Minute(now));
    if (minute.said < FEW) {
      minute.said++;
      return true;
    }
    minute.kept++;
    return false;
  }

  /** One line for each kind whose minute is over and of which more came than was said. */
  List<String> counts(long now) {
    List<String> lines = new ArrayList<>();
    minutes.forEach((news, minute) -> {
      if (isOver(minute, now) && minute.kept > 0) {
        lines.add(
            "%d more that had not computed yet %s within a minute"
                .formatted(minute.kept, news.what));
      }
    });
    minutes.values().removeIf(minute -> isOver(minute, now));
    return lines;
  }

  private static boolean isOver(Minute minute, long now) {
    return now - minute.began >= MINUTE_MILLIS;
  }
}
