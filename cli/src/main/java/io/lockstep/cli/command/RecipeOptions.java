package io.lockstep.cli.command;

import io.lockstep.config.ConfigException;
import io.lockstep.worker.config.RecipeFile;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The recipe that a command is about. */
public final class RecipeOptions {

  @Option(names = "--config", required = true, paramLabel = "FILE", description = "The recipe.")
  private Path config = Path.of("");

  @Mixin private BaseConfigOption base = new BaseConfigOption();

  /** The recipe's file with what lies below it. */
  public RecipeFile file() {
    return base.below(config);
  }

  /** The options as they were given, for command lines that are printed. */
  public String given() {
    return "--config " + config + base.file().map(file -> " --base_config " + file).orElse("");
  }

  public RunConfig read() throws IOException, ConfigException {
    return file().read();
  }
}
