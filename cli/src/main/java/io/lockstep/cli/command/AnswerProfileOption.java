package io.lockstep.cli.command;

import io.lockstep.model.profile.StepProfile;
import io.lockstep.model.profile.StepRange;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether an answer is profiled; {@code --profile} says how answers are computed. */
public final class AnswerProfileOption {

  @Option(
      names = "--profile-to",
      paramLabel = "FILE",
      description =
          "Write what an answer takes, by token, segment and operator, as a Chrome trace (for Perfetto or"
              + " chrome://tracing).")
  private @Nullable Path file;

  /** What is asked for: one step, which is the answer. */
  public Optional<StepProfile.Wanted> wanted() {
    return Optional.ofNullable(file)
        .map(path -> new StepProfile.Wanted(ProfileOptions.inFolder(path), new StepRange(0, 0)));
  }
}
