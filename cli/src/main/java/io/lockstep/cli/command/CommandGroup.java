package io.lockstep.cli.command;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that only holds others; called alone it says which. */
public abstract class CommandGroup implements Runnable {

  @Spec private @Nullable CommandSpec spec;

  @Override
  public final void run() {
    if (spec != null) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "name one of " + String.join(", ", spec.subcommands().keySet()));
    }
  }
}
