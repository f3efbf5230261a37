package io.lockstep.cli.command.model;

import io.lockstep.cli.command.CommandGroup;
import picocli.CommandLine.Command;

/** {@code lockstep export}. */
@Command(
    name = "export",
    description = "Makes checkpoints that other programs can use.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = ExportMergeCommand.class)
public final class ExportCommand extends CommandGroup {}
