package io.lockstep.cli.command.config;

import io.lockstep.cli.command.CommandGroup;
import io.lockstep.cli.command.RecipeOptions;
import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigListing;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lockstep config}. */
@Command(
    name = "config",
    description = "Describes the keys of a recipe, and what one says.",
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

  @Command(
      name = "show",
      description =
          "Prints what a recipe and the files that it extends say together, and behind each value"
              + " where it stands.")
  int show(@Mixin RecipeOptions recipe) throws IOException, ConfigException {
    ConfigListing listing = recipe.file().list();
    System.out.print(listing.text());
    listing.problems().forEach(problem -> System.err.println("error: " + problem));
    return listing.problems().isEmpty() ? 0 : 1;
  }
}
