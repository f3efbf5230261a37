package io.lockstep.cli.command.stage;

import io.lockstep.config.ConfigException;
import io.lockstep.verdict.loop.StageBConfig;
import io.lockstep.verdict.loop.StageBRun;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A run of the verdict loop by its configuration and name. */
final class NamedRun {

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "What the loop does: stage_b.yaml.")
  private Path file = Path.of("");

  private String name = "";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command = CommandSpec.create();

  @Option(
      names = "--run-name",
      required = true,
      paramLabel = "NAME",
      description = "Name of the run: letters, digits, dots, dashes and underscores.")
  void name(String given) {
    if (!given.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*")) {
      throw new ParameterException(
          command.commandLine(),
          "'%s' is no name of a run: write letters, digits, dots, dashes and underscores"
              .formatted(given));
    }
    name = given;
  }

  StageBConfig config() throws IOException, ConfigException {
    return StageBConfig.read(file);
  }

  StageBRun of(StageBConfig config, StageBConfig.Mission mission) {
    return new StageBRun(config, mission, name);
  }
}
