package io.lockstep.cli.command.data;

import io.lockstep.cli.command.CommandGroup;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep data}: everything about data files. */
@Command(
    name = "data",
    description =
        "Draws, checks, counts, shows, augments, converts and splits data; inspects patch banks.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DataSampleCommand.class,
      DataCheckCommand.class,
      DataStatsCommand.class,
      DataShowCommand.class,
      DataAugmentCommand.class,
      DataConvertCommand.class,
      DataSplitCommand.class,
      DataBankCommand.class,
      DataTokenizerCommand.class
    })
public final class DataCommand extends CommandGroup {

  /** {@code --out}: the folder for the data that a command makes. */
  static final class NewFolder {

    @Option(
        names = "--out",
        required = true,
        paramLabel = "DIR",
        description = "A folder that doesn't exist yet, or is empty.")
    private Path path = Path.of("");

    Path path() {
      return path;
    }
  }
}
