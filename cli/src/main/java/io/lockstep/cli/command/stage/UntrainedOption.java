package io.lockstep.cli.command.stage;

import io.lockstep.client.AnswerSettings;
import picocli.CommandLine.Option;

/** Whether a checkpoint is asked for what it was never trained to answer. */
final class UntrainedOption {

  @Option(
      names = "--allow-untrained-mode",
      description =
          "Ask also if the checkpoint was never trained for such answers, which the gateway refuses"
              + " otherwise.")
  private boolean allowed;

  /** The settings with it; says so on the error output. */
  AnswerSettings applied(AnswerSettings settings) {
    if (allowed) {
      System.err.println(
          "warning: --allow-untrained-mode: the answers may be of a kind that the checkpoint was never"
              + " trained to give");
    }
    return settings.allowingUntrained(allowed);
  }
}
