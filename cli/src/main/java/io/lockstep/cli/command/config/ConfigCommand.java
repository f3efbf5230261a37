package io.lockstep.cli.command.config;

import io.lockstep.cli.command.CommandGroup;
import io.lockstep.worker.config.RunConfig;
import picocli.CommandLine.Command;

/** {@code lockstep config}. */
@Command(
    name = "config",
    description = "Describes the keys of a recipe.",
    synopsisSubcommandLabel = "COMMAND")
public final class ConfigCommand extends CommandGroup {

  @Command(name = "reference", description = "Prints every key of a recipe as a page in Markdown.")
  void reference() {
    System.out.print(RunConfig.reference());
  }

  @Command(
      name = "schema",
      description = "Prints the JSON Schema of a recipe, with which editors complete and check it.")
  void schema() {
    System.out.print(RunConfig.schema());
  }
}
