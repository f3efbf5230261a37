package io.lockstep.cli.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How far a counted piece of work has come: a bar with rate and remaining time on a terminal, a
 * whole line now and then anywhere else.
 *
 * <p>Confined to one thread.
 */
public final class Progress implements AutoCloseable {

  private static final int BAR_CELLS = 24;
  private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
  private static final long LINE_NANOS = Duration.ofSeconds(10).toNanos();

  private final String label;
  private final long total;
  private final String unit;
  private final double unitsPerStep;
  private final PrintStream out;
  private final boolean interactive;
  private final LongSupplier nanoClock;
  private final long startNanos;
  private long lastShownNanos;
  private long firstDone = -1;
  private long firstDoneNanos;
  private int lastWidth;
  private String lastLine = "";
  private String shownLine = "";

  /**
   * Work of {@code total} steps; the rate is shown in {@code unit} per second, {@code unitsPerStep}
   * of them to a step.
   */
  public Progress(String label, long total, String unit, double unitsPerStep) {
    this(label, total, unit, unitsPerStep, System.out, Terminal.isInteractive(), System::nanoTime);
  }

  Progress(
      String label,
      long total,
      String unit,
      double unitsPerStep,
      PrintStream out,
      boolean interactive,
      LongSupplier nanoClock) {
    this.label = label;
    this.total = total;
    this.unit = unit;
    this.unitsPerStep = unitsPerStep;
    this.out = out;
    this.interactive = interactive;
    this.nanoClock = nanoClock;
    this.startNanos = nanoClock.getAsLong();
    this.lastShownNanos = startNanos;
  }

  /** Says that {@code done} steps are complete; {@code note} is shown behind the bar. */
  public void update(long done, String note) {
    long now = nanoClock.getAsLong();
    if (firstDone < 0 && done > 0) {
      firstDone = done;
      firstDoneNanos = now;
    }
    show(done, now, rate(done, now), note);
  }

  /** The same where the rate, in steps per second, is known better than from these updates. */
  public void update(long done, double stepsPerSecond, String note) {
    show(done, nanoClock.getAsLong(), stepsPerSecond, note);
  }

  private void show(long done, long now, double stepsPerSecond, String note) {
    lastLine = line(done, stepsPerSecond, note);
    long since = now - lastShownNanos;
    if (interactive ? since >= REDRAW_NANOS : since >= LINE_NANOS) {
      show(now);
    }
  }

  /** Shows the last state once more and ends the line. */
  @Override
  public void close() {
    if (!lastLine.isEmpty() && !lastLine.equals(shownLine)) {
      show(nanoClock.getAsLong());
    }
    if (interactive && lastWidth > 0) {
      out.println();
    }
    lastLine = "";
    lastWidth = 0;
  }

  private void show(long now) {
    lastShownNanos = now;
    shownLine = lastLine;
    if (interactive) {
      String padding = " ".repeat(Math.max(0, lastWidth - lastLine.length()));
      out.print("\r" + lastLine + padding);
      out.flush();
      lastWidth = lastLine.length();
    } else {
      out.println(lastLine);
    }
  }

  private String line(long done, double stepsPerSecond, String note) {
    StringBuilder line = new StringBuilder(label);
    if (interactive) {
      int filled = total == 0 ? 0 : (int) (BAR_CELLS * Math.min(done, total) / total);
      line.append(" [")
          .append("█".repeat(filled))
          .append("·".repeat(BAR_CELLS - filled))
          .append(']');
    }
    line.append(' ').append(done).append('/').append(total);
    if (!note.isEmpty()) {
      line.append("  ").append(note);
    }
    if (stepsPerSecond > 0) {
      line.append(String.format(Locale.ROOT, "  %.1f %s/s", stepsPerSecond * unitsPerStep, unit));
      if (done < total) {
        line.append("  ETA ").append(clock((long) Math.ceil((total - done) / stepsPerSecond)));
      }
    }
    return line.toString();
  }

  /** Steps per second since the first finished step: start-up doesn't spoil the estimate. */
  private double rate(long done, long now) {
    if (firstDone > 0 && done > firstDone && now > firstDoneNanos) {
      return (done - firstDone) * 1e9 / (now - firstDoneNanos);
    }
    return 0;
  }

  /** Seconds as {@code m:ss} or {@code h:mm:ss}. */
  static String clock(long seconds) {
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
