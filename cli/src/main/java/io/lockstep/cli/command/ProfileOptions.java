package io.lockstep.cli.command;

import io.lockstep.cli.console.UserError;
import io.lockstep.model.profile.StepProfile;
import io.lockstep.model.profile.StepRange;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Whether some steps of a training are profiled. */
public final class ProfileOptions {

  @Option(
      names = "--profile",
      paramLabel = "FILE",
      description =
          "Write what some steps take, by stage, segment and operator, as a Chrome trace (for Perfetto or"
              + " chrome://tracing); each worker of a run puts its rank into the file's name, as in"
              + " trace.rank-0.json.")
  private @Nullable Path file;

  @Option(
      names = "--profile-steps",
      converter = Steps.class,
      paramLabel = "M-N",
      defaultValue = "3-5",
      description =
          "With --profile: which steps, counted from 1 (default: ${DEFAULT-VALUE}). A step takes some"
              + " megabytes.")
  private StepRange steps = new StepRange(0, 0);

  /** Numbers of steps. */
  static final class Steps implements ITypeConverter<StepRange> {
    @Override
    public StepRange convert(String text) {
      try {
        return StepRange.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  /**
   * What is asked for.
   *
   * @throws UserError if there is no such folder
   */
  public Optional<StepProfile.Wanted> wanted() {
    return Optional.ofNullable(file).map(path -> new StepProfile.Wanted(inFolder(path), steps));
  }

  /** The same as options of another process. */
  public List<String> given() {
    return wanted()
        .map(asked ->
            List.of("--profile", asked.file().toString(), "--profile-steps", steps.toString()))
        .orElse(List.of());
  }

  /** A file by its absolute name, whose folder is there. */
  public static Path inFolder(Path file) {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.resolveSibling("");
    if (!Files.isDirectory(folder)) {
      throw new UserError("there is no folder %s: create it first".formatted(folder));
    }
    return absolute;
  }
}
