package io.lockstep.cli.command.config;

import io.lockstep.worker.config.RunConfig;
import picocli.CommandLine.Command;

/** {@code lockstep config schema}. */
@Command(
    name = "schema",
    description = "Prints the JSON Schema of a recipe, with which editors complete and check it.")
public final class ConfigSchemaCommand implements Runnable {

  @Override
  public void run() {
    System.out.print(RunConfig.schema());
  }
}
