package io.lockstep.cli.command.config;

import io.lockstep.cli.command.CommandGroup;
import picocli.CommandLine.Command;

/** {@code lockstep config}. */
@Command(
    name = "config",
    description = "Describes the keys of a recipe.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {ConfigReferenceCommand.class, ConfigSchemaCommand.class})
public final class ConfigCommand extends CommandGroup {}
