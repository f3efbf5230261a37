package io.lockstep.cli.command;

import picocli.CommandLine.Command;

/** {@code lockstep gateway}. */
@Command(
    name = "gateway",
    description = "Serves a checkpoint over gRPC.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = GatewayStartCommand.class)
public final class GatewayCommand extends CommandGroup {}
