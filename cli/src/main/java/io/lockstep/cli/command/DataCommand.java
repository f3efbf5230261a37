package io.lockstep.cli.command;

import picocli.CommandLine.Command;

/** {@code lockstep data}: everything about data files. */
@Command(
    name = "data",
    description = "Draws, checks, counts and shows data.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DataSampleCommand.class,
      DataCheckCommand.class,
      DataStatsCommand.class,
      DataShowCommand.class,
      DataTokenizerCommand.class
    })
public final class DataCommand extends CommandGroup {}
