package io.lockstep.cli.run;

import io.lockstep.cli.console.UserError;
import io.lockstep.worker.metrics.EvaluationLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** Where the parts of a run lie. */
public record RunFolder(Path root) {

  private static final String CHECKPOINT_PREFIX = "step-";
  private static final int MOST_SIBLINGS = 10_000;

  public RunFolder {
    root = root.toAbsolutePath().normalize();
  }

  /** The first of {@code root}, {@code root-2}, {@code root-3}, ... that doesn't exist. */
  public static RunFolder unused(Path root) {
    for (int i = 1; i < MOST_SIBLINGS; i++) {
      Path candidate = i == 1 ? root : root.resolveSibling(root.getFileName() + "-" + i);
      if (!Files.exists(candidate)) {
        return new RunFolder(candidate);
      }
    }
    throw new UserError("every folder from %s on is taken: give another --out".formatted(root));
  }

  /** Fails if something is there already. */
  public RunFolder requireUnused() throws IOException {
    if (Files.exists(root) && !isEmptyFolder()) {
      throw new UserError("%s exists already: give another --out, or remove it".formatted(root));
    }
    return this;
  }

  private boolean isEmptyFolder() throws IOException {
    if (!Files.isDirectory(root)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(root)) {
      return entries.findAny().isEmpty();
    }
  }

  /** Output of the run's processes. */
  public Path logs() {
    return root.resolve("logs");
  }

  /** One JSON object per logged step. */
  public Path metrics() {
    return root.resolve("logging.jsonl");
  }

  /** The evaluations on held-out records, one JSON object each, if the recipe names some. */
  public Path evaluations() {
    return root.resolve(EvaluationLog.FILE_NAME);
  }

  private Path checkpoints() {
    return root.resolve("checkpoints");
  }

  /** The folder of the checkpoint that holds so many steps. */
  public Path checkpoint(long steps) {
    return checkpoints().resolve("%s%08d".formatted(CHECKPOINT_PREFIX, steps));
  }

  /** The committed checkpoint of most steps. */
  public Optional<Path> lastCheckpoint() throws IOException {
    Path folder = checkpoints();
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(path -> path.getFileName().toString().startsWith(CHECKPOINT_PREFIX))
          .filter(path -> Files.exists(path.resolve("manifest.json")))
          .max(Comparator.comparing(path -> path.getFileName().toString()));
    }
  }
}
