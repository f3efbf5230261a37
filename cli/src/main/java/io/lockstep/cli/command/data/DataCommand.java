package io.lockstep.cli.command.data;

import io.lockstep.cli.command.CommandGroup;
import picocli.CommandLine.Command;

/** {@code lockstep data}: everything about data files. */
@Command(
    name = "data",
    description = "Draws, checks, counts, shows, augments and converts data; inspects patch banks.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DataSampleCommand.class,
      DataCheckCommand.class,
      DataStatsCommand.class,
      DataShowCommand.class,
      DataAugmentCommand.class,
      DataConvertCommand.class,
      DataBankCommand.class,
      DataTokenizerCommand.class
    })
public final class DataCommand extends CommandGroup {}
