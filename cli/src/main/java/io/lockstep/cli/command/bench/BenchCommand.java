package io.lockstep.cli.command.bench;

import io.lockstep.cli.command.CommandGroup;
import picocli.CommandLine.Command;

/** {@code lockstep bench}. */
@Command(
    name = "bench",
    description = "Measures parts of the system on this machine.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      BenchAllReduceCommand.class,
      BenchAllReduceRankCommand.class,
      BenchIndexCommand.class,
      BenchScheduleCommand.class,
      BenchAugmentCommand.class,
      BenchCheckpointCommand.class,
      BenchCoordinatorCommand.class,
      BenchKernelsCommand.class,
      BenchGenerateCommand.class,
      BenchTrainCommand.class,
      BenchDeviceCommand.class,
      BenchStartupCommand.class,
      BenchCoordinatorServerCommand.class
    })
public final class BenchCommand extends CommandGroup {}
