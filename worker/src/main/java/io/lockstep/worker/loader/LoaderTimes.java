package io.lockstep.worker.loader;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** How long the stages of making micro-batches took, added up over all threads that make them. */
public final class LoaderTimes {

  private static final double NANOS = 1e9;

  private final Map<Stage, LongAdder> nanos = new EnumMap<>(Stage.class);

  /** What a sample passes through; the last one is the training thread's. */
  public enum Stage {
    /** The record's line, parsed. */
    READ,
    /** Files of pictures to pixels. */
    DECODE,
    /** Pictures and objects changed at random. */
    AUGMENT,
    /** Pixels to patches. */
    PROCESS,
    /** The conversation to tokens and labels. */
    TOKENISE,
    /** Samples put side by side. */
    COLLATE,
    /** The training thread has nothing to compute on. */
    WAIT;

    /** Its key in the run's log. */
    public String key() {
      return "loader_" + name().toLowerCase(Locale.ROOT) + "_seconds";
    }
  }

  LoaderTimes() {
    for (Stage stage : Stage.values()) {
      nanos.put(stage, new LongAdder());
    }
  }

  private LongAdder of(Stage stage) {
    return Objects.requireNonNull(nanos.get(stage));
  }

  /** A clock that starts now, for one thread. */
  Clock start() {
    return new Clock();
  }

  /** Seconds of each stage since the beginning. */
  public Map<Stage, Double> seconds() {
    Map<Stage, Double> seconds = new EnumMap<>(Stage.class);
    nanos.forEach((stage, sum) -> seconds.put(stage, sum.sum() / NANOS));
    return seconds;
  }

  /** Gives the time since it was asked last to a stage. */
  final class Clock {
    private long last = System.nanoTime();

    void lap(Stage stage) {
      long now = System.nanoTime();
      of(stage).add(now - last);
      last = now;
    }
  }
}
