package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.NoticeKind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Limits the rate of notices about newcomers: of each kind the first few in a minute are said, the
 * others are counted in one line at its end, so that a flood of connections floods no log.
 */
final class NoticeLimit {

  /** Notices of each kind that are said in a minute. */
  static final int PER_MINUTE = 10;

  static final long MINUTE_MILLIS = 60_000;

  private final Map<Kind, Minute> minutes = new EnumMap<>(Kind.class);

  /** What a notice says of a newcomer. */
  enum Kind {
    REFUSED("were refused", NoticeKind.REFUSED),
    JOINED("joined", NoticeKind.JOINED),
    LOADED("had loaded", NoticeKind.LOADED),
    LEAVING("wanted to leave", NoticeKind.LEAVING),
    LEFT("left", NoticeKind.LEFT),
    FAILED("said that they can't take part", NoticeKind.FAILED),
    LOST("were lost", NoticeKind.LOST);

    private final String what;
    private final NoticeKind counted;

    Kind(String what, NoticeKind counted) {
      this.what = what;
      this.counted = counted;
    }

    /** What it is counted as. */
    NoticeKind counted() {
      return counted;
    }
  }

  /** A minute that began with the first notice of its kind. */
  private static final class Minute {
    final long began;
    int said;
    int counted;

    Minute(long began) {
      this.began = began;
    }
  }

  /** Whether a notice of this kind is said now; otherwise it is counted. */
  boolean isSaid(Kind kind, long now) {
    Minute minute = minutes.computeIfAbsent(kind, _ -> new Minute(now));
    if (minute.said < PER_MINUTE) {
      minute.said++;
      return true;
    }
    minute.counted++;
    return false;
  }

  /** One line for each kind whose minute is over and of which some were only counted. */
  List<String> counts(long now) {
    List<String> lines = new ArrayList<>();
    minutes.forEach((kind, minute) -> {
      if (isOver(minute, now) && minute.counted > 0) {
        lines.add(
            "%d more that had not computed yet %s within a minute"
                .formatted(minute.counted, kind.what));
      }
    });
    minutes.values().removeIf(minute -> isOver(minute, now));
    return lines;
  }

  private static boolean isOver(Minute minute, long now) {
    return now - minute.began >= MINUTE_MILLIS;
  }
}
