package io.lockstep.cli.command.align;

import io.lockstep.cli.command.CommandGroup;
import picocli.CommandLine.Command;

/** {@code lockstep align}. */
@Command(
    name = "align",
    description = "Whether a model computes what another implementation, or training, computed.",
    subcommands = {AlignCheckCommand.class, AlignDumpCommand.class, AlignVerifyCommand.class})
public final class AlignCommand extends CommandGroup {}
