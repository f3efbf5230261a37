package io.lockstep.cli;

import io.lockstep.cli.console.ErrorReport;
import io.lockstep.cli.process.ParentWatch;
import picocli.CommandLine;

/** The {@code lockstep} command. */
public final class Main {

  private Main() {}

  /** Runs one command and exits with 0 (done), 1 (failed), 2 (bad usage) or 3 (drained). */
  public static void main(String[] arguments) {
    ParentWatch.startIfChild();
    System.exit(run(arguments));
  }

  /** Runs one command and returns its exit code. */
  static int run(String... arguments) {
    LockstepCommand root = new LockstepCommand();
    CommandLine commandLine = new CommandLine(root);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setParameterExceptionHandler((exception, args) -> {
      ErrorReport.printUsageError(exception, exception.getCommandLine());
      return CommandLine.ExitCode.USAGE;
    });
    commandLine.setExecutionExceptionHandler((exception, failed, result) -> {
      ErrorReport.print(exception, root.debug());
      return CommandLine.ExitCode.SOFTWARE;
    });
    return commandLine.execute(arguments);
  }
}
