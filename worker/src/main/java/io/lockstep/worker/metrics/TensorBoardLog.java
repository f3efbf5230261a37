package io.lockstep.worker.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.augment.OperatorCounts;
import io.lockstep.worker.loader.DatasetLabel;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session.TermSum;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The run's figures for TensorBoard: event files in the folder {@value #FOLDER} of the run. Each
 * time that a worker becomes the one that tells of the run it begins a file, whose first event
 * voids the steps that are computed again. May be written to from several threads.
 */
public final class TensorBoardLog implements AutoCloseable {

  /** The folder's name in the folder of a run. */
  public static final String FOLDER = "tensorboard";

  private static final Pattern FILE_NAMES =
      Pattern.compile("events\\.out\\.tfevents\\.([0-9]{1,18})\\.lockstep");

  /** Tags of what each line of the run's log has. */
  private static final Map<String, String> TAGS =
      Map.of(
          "loss", "train/loss",
          "token_acc", "train/token_accuracy",
          "tokens", "train/token_count",
          "grad_norm", "train/grad_norm",
          "learning_rate", "train/learning_rate",
          "epoch", "train/epoch");

  /** What is counted of samples and tokens. */
  private static final Set<String> COUNTED =
      Set.of(CountLog.PADDING_SHARE, Counts.DROPPED_TOO_LONG, Counts.DROPPED_UNREADABLE);

  private final Path folder;
  private final InstantSource clock;
  private @Nullable EventFile file;

  private TensorBoardLog(Path folder, InstantSource clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /** The log of a run; nothing is written before {@link #begin}. */
  public static TensorBoardLog of(Path runDir) {
    return of(runDir, InstantSource.system());
  }

  static TensorBoardLog of(Path runDir, InstantSource clock) {
    return new TensorBoardLog(runDir.resolve(FOLDER), clock);
  }

  /**
   * Begins a file that is read after all that are there.
   *
   * @param steps steps that are committed: TensorBoard drops what it has of later ones
   */
  public synchronized void begin(long steps) throws IOException {
    close();
    try {
      Files.createDirectories(folder);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(folder + " is no folder: move it, event files are to be there", e);
    }
    Instant now = clock.instant();
    long seconds = Math.max(now.getEpochSecond(), newest() + 1);
    EventFile begun = begun(seconds, now);
    file = begun;
    begun.start(now, steps + 1);
  }

  /** A file of these seconds, or of the next that nobody else has begun one of meanwhile. */
  private EventFile begun(long first, Instant now) throws IOException {
    for (long seconds = first; ; seconds++) {
      Path path = folder.resolve("events.out.tfevents.%d.lockstep".formatted(seconds));
      try {
        return EventFile.create(path, now);
      } catch (IOException e) {
        // Two processes may be rank 0 shortly after each other, the first of which doesn't know
        // yet.
        if (!Files.exists(path)) {
          throw e;
        }
      }
    }
  }

  /** The seconds in the name of the newest file; 0 if there is none. */
  private long newest() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(path -> FILE_NAMES.matcher(path.getFileName().toString()))
          .filter(Matcher::matches)
          .mapToLong(name -> Long.parseLong(name.group(1)))
          .max()
          .orElse(0);
    }
  }

  /** Adds figures after so many steps, by their tags. */
  public synchronized void write(long steps, Map<String, Double> scalars) throws IOException {
    EventFile begun = file;
    if (begun == null) {
      throw new IllegalStateException("no event file was begun in " + folder);
    }
    begun.scalars(clock.instant(), steps, new TreeMap<>(scalars));
  }

  /**
   * Adds what a line of the run's log says of a step.
   *
   * @param labels of the datasets
   */
  void write(JsonNode line, Directive.Commit commit, List<DatasetLabel> labels) throws IOException {
    write(line.get("step").longValue(), scalars(line, commit, labels));
  }

  private static Map<String, Double> scalars(
      JsonNode line, Directive.Commit commit, List<DatasetLabel> labels) {
    Map<String, Double> scalars = new HashMap<>();
    TAGS.forEach((key, tag) -> {
      JsonNode value = line.get(key);
      if (!value.isNull()) {
        scalars.put(tag, value.doubleValue());
      }
    });
    if (commit.skippedSteps() > 0) {
      scalars.put("train/skipped_steps", (double) commit.skippedSteps());
    }
    for (TermSum term : commit.terms()) {
      scalars.put("train/" + term.name(), line.get(term.name()).doubleValue());
    }
    for (Map.Entry<String, JsonNode> each : line.properties()) {
      if (each.getKey().startsWith(RunMetrics.RATE_OF_A_PART)
          || (COUNTED.contains(each.getKey()) && !each.getValue().isNull())) {
        scalars.put("train/" + each.getKey(), each.getValue().doubleValue());
      } else if (each.getKey().startsWith(OperatorCounts.PREFIX)
          || each.getKey().startsWith(Counts.COMPLETIONS)) {
        scalars.put(each.getKey(), each.getValue().doubleValue());
      }
    }
    double seconds = line.get("step_seconds").doubleValue();
    if (seconds > 0) {
      scalars.put("train/tokens_per_second", commit.tokens() / seconds);
      scalars.put("train/samples_per_second", line.get("samples_per_second").doubleValue());
    }
    double resident = line.get("resident_bytes").doubleValue();
    if (resident > 0) {
      scalars.put("train/resident_bytes", resident);
    }
    for (DatasetLabel label : labels) {
      for (String key : label.keys()) {
        JsonNode value = line.get(key);
        if (!value.isNull()) {
          scalars.put(key, value.doubleValue());
        }
      }
    }
    return scalars;
  }

  @Override
  public synchronized void close() throws IOException {
    EventFile begun = file;
    file = null;
    if (begun != null) {
      begun.close();
    }
  }
}
