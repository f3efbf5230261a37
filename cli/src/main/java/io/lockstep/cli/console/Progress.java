package io.lockstep.cli.console;

import io.lockstep.data.plan.Pace;
import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How far a counted piece of work has come: a bar with rate and remaining time on a terminal, a
 * whole line now and then anywhere else.
 *
 * <p>May be told by several threads at once.
 */
public final class Progress implements AutoCloseable {

  private static final int BAR_CELLS = 24;
  private static final double NANOS = 1e9;
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
  private final Pace pace = new Pace();
  private long lastDone;
  private long lastDoneNanos;
  private int lastWidth;
  private String lastLine = "";
  private String shownLine = "";

  /**
   * Work of {@code total} steps; the rate is shown in {@code unit} per second, {@code unitsPerStep}
   * of them to a step.
   */
  public Progress(String label, long total, String unit, double unitsPerStep) {
    this(label, total, unit, unitsPerStep, System.out, isInteractive(), System::nanoTime);
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
  public synchronized void update(long done, String note) {
    long now = nanoClock.getAsLong();
    if (done > lastDone) {
      // The first ones' time is start-up's too.
      for (long step = lastDone; step < done && lastDone > 0; step++) {
        pace.step(1, (now - lastDoneNanos) / NANOS / (done - lastDone));
      }
      lastDone = done;
      lastDoneNanos = now;
    }
    show(done, now, pace.stepsPerSecond(), pace.remaining(total - done), note);
  }

  /** The same where rate, in steps per second, and remaining time are known by others. */
  public synchronized void update(
      long done, double stepsPerSecond, Optional<Pace.Remaining> remaining, String note) {
    show(done, nanoClock.getAsLong(), stepsPerSecond, remaining, note);
  }

  private void show(
      long done, long now, double stepsPerSecond, Optional<Pace.Remaining> remaining, String note) {
    lastLine = line(done, stepsPerSecond, remaining, note);
    long since = now - lastShownNanos;
    if (interactive ? since >= REDRAW_NANOS : since >= LINE_NANOS) {
      show(now);
    }
  }

  /** Prints a line of its own above the bar. */
  public synchronized void print(String text) {
    if (interactive && lastWidth > 0) {
      out.print("\r" + " ".repeat(lastWidth) + "\r");
      lastWidth = 0;
      lastShownNanos = startNanos - REDRAW_NANOS;
    }
    out.println(text);
  }

  /** Shows the last state once more and ends the line. */
  @Override
  public synchronized void close() {
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

  private String line(
      long done, double stepsPerSecond, Optional<Pace.Remaining> remaining, String note) {
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
        remaining.ifPresent(time -> line.append("  ETA ").append(Clock.text(time)));
      }
    }
    return line.toString();
  }

  /** Whether standard output is a terminal that can redraw a line. */
  @SuppressWarnings("SystemConsoleNull") // It may be null: the runtime can be built without one.
  private static boolean isInteractive() {
    Console console = System.console();
    return console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
  }
}
