package io.lockstep.cli.command.worker;

import io.lockstep.cli.command.CommandGroup;
import picocli.CommandLine.Command;

/** {@code lockstep worker}. */
@Command(
    name = "worker",
    description = "Trains a share of a run.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = WorkerStartCommand.class)
public final class WorkerCommand extends CommandGroup {}
