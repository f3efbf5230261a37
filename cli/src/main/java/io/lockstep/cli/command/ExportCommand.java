package io.lockstep.cli.command;

import picocli.CommandLine.Command;

/** {@code lockstep export}. */
@Command(
    name = "export",
    description = "Makes checkpoints that other programs can use.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = ExportMergeCommand.class)
public final class ExportCommand extends CommandGroup {}
