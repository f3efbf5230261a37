package io.lockstep.cli.command.gateway;

import io.lockstep.cli.command.CommandGroup;
import picocli.CommandLine.Command;

/** {@code lockstep gateway}. */
@Command(
    name = "gateway",
    description = "Serves a checkpoint over gRPC.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = GatewayStartCommand.class)
public final class GatewayCommand extends CommandGroup {}
