package io.lockstep.cli;

import io.lockstep.cli.command.CommandGroup;
import io.lockstep.cli.command.EndpointConverter;
import io.lockstep.cli.command.TokenCommand;
import io.lockstep.cli.command.align.AlignCommand;
import io.lockstep.cli.command.bench.BenchCommand;
import io.lockstep.cli.command.config.ConfigCommand;
import io.lockstep.cli.command.coordinator.CoordinatorCommand;
import io.lockstep.cli.command.data.DataCommand;
import io.lockstep.cli.command.gateway.GatewayStartCommand;
import io.lockstep.cli.command.model.DigestCommand;
import io.lockstep.cli.command.model.EvalCommand;
import io.lockstep.cli.command.model.ExportMergeCommand;
import io.lockstep.cli.command.model.GenerateCommand;
import io.lockstep.cli.command.stage.CaptionCommand;
import io.lockstep.cli.command.stage.StageACommand;
import io.lockstep.cli.command.stage.StageBCommand;
import io.lockstep.cli.command.train.PlanCommand;
import io.lockstep.cli.command.train.QuickstartCommand;
import io.lockstep.cli.command.train.ReportCommand;
import io.lockstep.cli.command.train.RunCommand;
import io.lockstep.cli.command.train.TrainCommand;
import io.lockstep.cli.command.train.ValidateCommand;
import io.lockstep.cli.command.worker.WorkerStartCommand;
import io.lockstep.cli.console.ErrorReport;
import io.lockstep.cli.console.LogSetup;
import io.lockstep.cli.console.UsageError;
import io.lockstep.security.Endpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
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
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND")
final class LockstepCommand implements Runnable {

  /** In the order of the overview. */
  private static final List<Class<?>> COMMANDS =
      List.of(
          QuickstartCommand.class,
          TrainCommand.class,
          ValidateCommand.class,
          ConfigCommand.class,
          PlanCommand.class,
          GenerateCommand.class,
          EvalCommand.class,
          ReportCommand.class,
          RunCommand.class,
          DigestCommand.class,
          LockstepCommand.Export.class,
          StageACommand.class,
          StageBCommand.class,
          CaptionCommand.class,
          AlignCommand.class,
          DataCommand.class,
          BenchCommand.class,
          CoordinatorCommand.class,
          LockstepCommand.Worker.class,
          LockstepCommand.Gateway.class,
          TokenCommand.class);

  private static final Set<String> OVERVIEW = Set.of("--help", "-h", "--version", "-V");

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description =
          "Print stack traces of errors, and log at level DEBUG in this and all processes that it starts.")
  private boolean debug;

  @Option(
      names = "--log-format",
      scope = ScopeType.INHERIT,
      paramLabel = "text|json",
      description =
          "Write the log as text (default) or as a JSON object a line, in this and all processes that"
              + " it starts; LOCKSTEP_LOG_FORMAT says it for all commands.")
  private LogSetup.@Nullable Format logFormat;

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  boolean debug() {
    return debug;
  }

  /** Runs one command and returns its exit code. */
  static int execute(String... arguments) {
    return commandLine(arguments).execute(arguments);
  }

  /** What reads and runs such a command line. */
  static CommandLine commandLine(String... arguments) {
    LockstepCommand root = new LockstepCommand();
    CommandLine commandLine = new CommandLine(root);
    if (asksForOverview(arguments)) {
      COMMANDS.forEach(command -> addName(commandLine, command));
    } else {
      needed(arguments).forEach(commandLine::addSubcommand);
      commandLine.getSubcommands().values().forEach(each -> relax(each, arguments));
    }
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
      ErrorReport.print(exception, root.debug() || LogSetup.isDebug());
      return CommandLine.ExitCode.SOFTWARE;
    });
    commandLine.setExecutionStrategy(parsed -> {
      LogSetup.Format format = root.logFormat;
      if (format != null) {
        LogSetup.format(format);
      }
      LogSetup.formatProblem()
          .ifPresent(problem -> {
            throw new CommandLine.ParameterException(commandLine, problem);
          });
      if (root.debug()) {
        LogSetup.debug();
      }
      return new CommandLine.RunLast().execute(parsed);
    });
    return commandLine;
  }

  /**
   * The command that is asked for, or all of them where it takes all to say what there is: reading
   * the options of each takes longer than most of what a command does before its work.
   */
  private static List<Class<?>> needed(String... arguments) {
    return Arrays.stream(arguments)
        .filter(argument -> !argument.startsWith("-"))
        .findFirst()
        .flatMap(name -> COMMANDS.stream().filter(command -> isNamed(name, command)).findFirst())
        .<List<Class<?>>>map(List::of)
        .orElse(COMMANDS);
  }

  /** Whether nothing but names and descriptions of all commands is asked for. */
  private static boolean asksForOverview(String... arguments) {
    return arguments.length == 0 || (arguments.length == 1 && OVERVIEW.contains(arguments[0]));
  }

  /** Adds what the overview says of a command: its options are not looked at. */
  private static void addName(CommandLine overview, Class<?> command) {
    Command described = command.getAnnotation(Command.class);
    if (described != null) {
      CommandLine.Model.CommandSpec known = CommandLine.Model.CommandSpec.create();
      known.usageMessage().description(described.description());
      overview.addSubcommand(described.name(), known);
    }
  }

  /** What a command requires for itself is not required where one of its own commands is named. */
  private static void relax(CommandLine command, String... arguments) {
    List<String> words =
        Arrays.stream(arguments).filter(argument -> !argument.startsWith("-")).limit(2).toList();
    CommandLine.Model.CommandSpec its = command.getCommandSpec();
    if (words.size() == 2
        && words.getFirst().equals(command.getCommandName())
        && command.getSubcommands().containsKey(words.getLast())) {
      for (CommandLine.Model.OptionSpec option : List.copyOf(its.options())) {
        if (option.required()) {
          its.remove(option);
          its.addOption(CommandLine.Model.OptionSpec.builder(option).required(false).build());
        }
      }
    }
  }

  private static boolean isNamed(String name, Class<?> command) {
    Command described = command.getAnnotation(Command.class);
    return described != null && described.name().equals(name);
  }

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(System.out);
    }
  }

  /** {@code lockstep export}. */
  @Command(
      name = "export",
      description = "Makes checkpoints that other programs can use.",
      synopsisSubcommandLabel = "COMMAND",
      subcommands = ExportMergeCommand.class)
  static final class Export extends CommandGroup {}

  /** {@code lockstep worker}. */
  @Command(
      name = "worker",
      description = "Trains a share of a run.",
      synopsisSubcommandLabel = "COMMAND",
      subcommands = WorkerStartCommand.class)
  static final class Worker extends CommandGroup {}

  /** {@code lockstep gateway}. */
  @Command(
      name = "gateway",
      description = "Serves a checkpoint over gRPC.",
      synopsisSubcommandLabel = "COMMAND",
      subcommands = GatewayStartCommand.class)
  static final class Gateway extends CommandGroup {}
}
