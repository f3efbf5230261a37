package io.lockstep.cli;

import io.lockstep.cli.command.EndpointConverter;
import io.lockstep.cli.console.ErrorReport;
import io.lockstep.cli.console.TextEncoding;
import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.process.ParentWatch;
import io.lockstep.cli.rpc.Endpoint;
import picocli.CommandLine;

/** The {@code lockstep} command. */
public final class Main {

  private Main() {}

  /** Runs one command and exits with 0 (done), 1 (failed), 2 (bad usage) or 3 (drained). */
  public static void main(String[] arguments) {
    TextEncoding.problem()
        .ifPresent(problem -> {
          System.err.println("error: " + problem);
          System.exit(CommandLine.ExitCode.SOFTWARE);
        });
    ParentWatch.startIfChild();
    System.exit(run(arguments));
  }

  /** Runs one command and returns its exit code. */
  static int run(String... arguments) {
    LockstepCommand root = new LockstepCommand();
    CommandLine commandLine = new CommandLine(root);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.registerConverter(Endpoint.class, new EndpointConverter());
    commandLine.setParameterExceptionHandler((exception, args) -> {
      ErrorReport.printUsageError(UsageLine.of(exception), exception.getCommandLine());
      return CommandLine.ExitCode.USAGE;
    });
    commandLine.setExecutionExceptionHandler((exception, failed, result) -> {
      if (exception instanceof UsageError) {
        ErrorReport.printUsageError(String.valueOf(exception.getMessage()), failed);
        return CommandLine.ExitCode.USAGE;
      }
      ErrorReport.print(exception, root.debug());
      return CommandLine.ExitCode.SOFTWARE;
    });
    return commandLine.execute(arguments);
  }
}
