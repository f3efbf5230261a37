package io.lockstep.cli.train;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.Signals;
import io.lockstep.coordinator.RunRefusedException;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What SIGTERM and SIGINT mean to the command that holds a run: the first asks for a checkpoint
 * after the steps that are under way, the second ends everything at once.
 */
public final class DrainOnSignal {

  private static final int SIGNAL_BASE = 128;

  private final String command;
  private final PrintStream out;
  private @Nullable Drainable run;
  private boolean asked;

  private DrainOnSignal(String command, PrintStream out) {
    this.command = command;
    this.out = out;
  }

  /** A run that can be asked to end with a checkpoint. */
  @FunctionalInterface
  public interface Drainable {
    /**
     * Asks for it.
     *
     * @param by who asks, one line
     * @return steps after which the run ends
     */
    long drain(String by);
  }

  /**
   * Hears of both signals from now on; they end the process until a run has begun.
   *
   * @param command that was sent the signal, as the run's end tells it
   */
  public static DrainOnSignal install(String command, PrintStream out) {
    DrainOnSignal drain = new DrainOnSignal(command, out);
    for (String signal : List.of("TERM", "INT")) {
      Signals.handle(signal, drain::received);
    }
    return drain;
  }

  /** A run that can be drained has begun. */
  public synchronized void began(Drainable begun) {
    run = begun;
  }

  /** It is over: a signal ends the process from now on. */
  public synchronized void ended() {
    run = null;
  }

  /** Whether a signal has come. */
  public synchronized boolean asked() {
    return asked;
  }

  private void received(String name, int number) {
    Drainable present;
    synchronized (this) {
      present = asked ? null : run;
      asked = true;
    }
    if (present == null || !drains(present, name)) {
      System.exit(SIGNAL_BASE + number);
    }
  }

  private boolean drains(Drainable present, String signal) {
    try {
      long steps = present.drain(command + ", which was sent SIG" + signal);
      out.printf(
          "%n  SIG%s: the run ends with a checkpoint after step %d; once more ends it at once%n",
          signal, steps);
      return true;
    } catch (UserError | RunRefusedException impossible) {
      out.printf("%n  SIG%s: nothing more is saved: %s%n", signal, impossible.getMessage());
      return false;
    }
  }
}
