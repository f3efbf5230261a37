package io.lockstep.cli;

import io.lockstep.cli.command.AlignCommand;
import io.lockstep.cli.command.BenchCommand;
import io.lockstep.cli.command.CoordinatorCommand;
import io.lockstep.cli.command.DataCommand;
import io.lockstep.cli.command.DigestCommand;
import io.lockstep.cli.command.EvalCommand;
import io.lockstep.cli.command.ExportCommand;
import io.lockstep.cli.command.GatewayCommand;
import io.lockstep.cli.command.GenerateCommand;
import io.lockstep.cli.command.PlanCommand;
import io.lockstep.cli.command.QuickstartCommand;
import io.lockstep.cli.command.ReportCommand;
import io.lockstep.cli.command.StageACommand;
import io.lockstep.cli.command.StageBCommand;
import io.lockstep.cli.command.TrainCommand;
import io.lockstep.cli.command.ValidateCommand;
import io.lockstep.cli.command.WorkerCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Root of all commands. */
@Command(
    name = "lockstep",
    description = "Fine-tunes Qwen-VL models, bit-exact on any number of workers, and serves them.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    version = "lockstep 0.1.0-SNAPSHOT",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      QuickstartCommand.class,
      TrainCommand.class,
      ValidateCommand.class,
      PlanCommand.class,
      GenerateCommand.class,
      EvalCommand.class,
      ReportCommand.class,
      DigestCommand.class,
      ExportCommand.class,
      StageACommand.class,
      StageBCommand.class,
      AlignCommand.class,
      DataCommand.class,
      BenchCommand.class,
      CoordinatorCommand.class,
      WorkerCommand.class,
      GatewayCommand.class
    })
final class LockstepCommand implements Runnable {

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print stack traces of errors.")
  private boolean debug;

  @CommandLine.Spec private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

  boolean debug() {
    return debug;
  }

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(System.out);
    }
  }
}
