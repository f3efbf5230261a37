package io.lockstep.cli.train;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.Signals;
import io.lockstep.cli.rpc.CoordinatorClient;
import io.lockstep.cli.rpc.Endpoint;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What SIGTERM and SIGINT mean to a run on this machine: the first asks for a checkpoint after the
 * steps that are under way, the second ends everything at once.
 */
final class DrainOnSignal {

  private static final int SIGNAL_BASE = 128;

  private final PrintStream out;
  private @Nullable Endpoint coordinator;
  private boolean asked;

  private DrainOnSignal(PrintStream out) {
    this.out = out;
  }

  /** Hears of both signals from now on. */
  static DrainOnSignal install(PrintStream out) {
    DrainOnSignal drain = new DrainOnSignal(out);
    for (String signal : List.of("TERM", "INT")) {
      Signals.handle(signal, drain::received);
    }
    return drain;
  }

  /** A run that can be drained has begun. */
  synchronized void began(Endpoint where) {
    coordinator = where;
  }

  private void received(String name, int number) {
    Endpoint where;
    synchronized (this) {
      where = asked ? null : coordinator;
      asked = true;
    }
    if (where == null || !drains(where, name)) {
      System.exit(SIGNAL_BASE + number);
    }
  }

  private boolean drains(Endpoint where, String signal) {
    try (CoordinatorClient client = new CoordinatorClient(where)) {
      long steps = client.drain("lockstep train, which was sent SIG" + signal);
      out.printf(
          "%n  SIG%s: the run ends with a checkpoint after step %d; once more ends it at once%n",
          signal, steps);
      return true;
    } catch (UserError unreachable) {
      out.printf("%n  SIG%s: nothing is saved: %s%n", signal, unreachable.getMessage());
      return false;
    }
  }
}
