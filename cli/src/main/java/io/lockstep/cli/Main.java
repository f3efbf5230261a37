package io.lockstep.cli;

import io.lockstep.cli.console.TextEncoding;
import io.lockstep.cli.process.DeadThreads;
import io.lockstep.cli.process.HostNames;
import io.lockstep.cli.process.ParentWatch;
import java.util.Optional;

/**
 * The {@code lockstep} command. It names no class of a library, so that it starts where files can't
 * be opened, and says so.
 */
public final class Main {

  private Main() {}

  /** Runs one command and exits with 0 (done), 1 (failed), 2 (bad usage) or 3 (drained). */
  public static void main(String[] arguments) {
    Optional<String> problem = OpenFileLimit.problem().or(TextEncoding::problem);
    problem.ifPresent(text -> {
      System.err.println("error: " + text);
      System.exit(1);
    });
    // Netty would load the flight recorder in each process, for events of its buffers.
    System.setProperty("io.netty.jfr.enabled", "false");
    HostNames.askAnew();
    DeadThreads.watch();
    ParentWatch.startIfChild();
    System.exit(run(arguments));
  }

  /** Runs one command and returns its exit code. */
  static int run(String... arguments) {
    return LockstepCommand.execute(arguments);
  }
}
