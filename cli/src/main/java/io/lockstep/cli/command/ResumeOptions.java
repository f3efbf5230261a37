package io.lockstep.cli.command;

import io.lockstep.cli.console.UsageError;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.train.StoredRun;
import io.lockstep.config.ConfigException;
import io.lockstep.coordinator.journal.RunJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a run begins: anew, at its own last checkpoint, or at another run's. */
public final class ResumeOptions {

  @Option(
      names = "--resume",
      description =
          "Go on with the run in --out from where it stopped, with as many workers as before or with"
              + " others. A recipe that differs in what changes the weights is refused.")
  private boolean resume;

  @Option(
      names = "--resume-from",
      paramLabel = "DIR",
      description =
          "Begin a new run at another run's checkpoint, with its moments and its place in the"
              + " schedule.")
  private @Nullable Path from;

  @Option(
      names = "--acknowledge",
      paramLabel = "KEY",
      description =
          "With --resume or --resume-from: a key of the recipe whose change is wanted although it"
              + " changes the weights, for example training.max_steps; or numerics.NAME if workers"
              + " compute with another number of threads, processor or library than before, for"
              + " example numerics.threads. May be repeated.")
  private Set<String> acknowledged = Set.of();

  /** Refuses options that don't go together. */
  public void check() {
    if (resume && from != null) {
      throw new UsageError(
          "--resume goes on with the run in --out, --resume-from begins another: give one of them");
    }
    if (!resume && from == null && !acknowledged.isEmpty()) {
      throw new UsageError(
          "--acknowledge needs --resume or --resume-from: a new run has nothing to differ from");
    }
  }

  /** Goes on with the run in this folder if one has begun there, wherever it was to begin. */
  public void resumeIfBegun(Path runFolder) {
    if (Files.isRegularFile(runFolder.resolve(RunJournal.FILE_NAME))) {
      resume = true;
      from = null;
    }
  }

  public boolean resume() {
    return resume;
  }

  /** The other run's checkpoint. */
  public Optional<Path> from() {
    return Optional.ofNullable(from).map(folder -> folder.toAbsolutePath().normalize());
  }

  /**
   * What is kept of the run that goes on, in the run's folder or in the checkpoint; none if anew.
   */
  public Optional<StoredRun> stored(Path runFolder) throws IOException, ConfigException {
    if (resume) {
      return Optional.of(StoredRun.of(new RunFolder(runFolder)));
    }
    return from == null ? Optional.empty() : Optional.of(StoredRun.ofCheckpoint(from));
  }

  /** Keys that may differ. */
  public Set<String> acknowledged() {
    return acknowledged;
  }
}
