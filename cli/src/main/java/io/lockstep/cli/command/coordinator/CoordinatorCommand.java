package io.lockstep.cli.command.coordinator;

import io.lockstep.cli.command.CommandGroup;
import picocli.CommandLine.Command;

/** {@code lockstep coordinator}. */
@Command(
    name = "coordinator",
    description = "Runs, asks or drains the coordinator of a training run.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      CoordinatorStartCommand.class,
      CoordinatorStatusCommand.class,
      CoordinatorDrainCommand.class
    })
public final class CoordinatorCommand extends CommandGroup {}
