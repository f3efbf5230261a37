package io.lockstep.cli.command.config;

import io.lockstep.worker.config.RunConfig;
import picocli.CommandLine.Command;

/** {@code lockstep config reference}. */
@Command(name = "reference", description = "Prints every key of a recipe as a page in Markdown.")
public final class ConfigReferenceCommand implements Runnable {

  @Override
  public void run() {
    System.out.print(RunConfig.reference());
  }
}
