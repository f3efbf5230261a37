package io.lockstep.worker.checkpoint;

import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.tensor.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads the state of a run from a checkpoint that any number of ranks has written: each rank takes
 * the values it needs, from whatever files hold them, and nothing else is read. What is read are
 * the bits that were written.
 *
 * <p>The hashes of the manifest are not checked here: whoever chooses a checkpoint does that once.
 */
public final class CheckpointReader implements AutoCloseable {

  private static final int SHOWN_PROBLEMS = 10;

  private final Path folder;
  private final TrainerState state;
  private final List<SafetensorsFile> files = new ArrayList<>();
  private final List<Moments> moments = new ArrayList<>();

  private CheckpointReader(Path folder, TrainerState state) {
    this.folder = folder;
    this.state = state;
  }

  /**
   * Opens a checkpoint and checks that its moments are complete.
   *
   * @throws CheckpointException naming the files if values are missing or stored twice, or if the
   *     folder is no checkpoint of a run
   */
  public static CheckpointReader open(Path folder) throws IOException {
    CheckpointReader reader = new CheckpointReader(folder, TrainerState.read(folder));
    try {
      reader.index();
      return reader;
    } catch (IOException | RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  /** What the checkpoint says of itself. */
  public TrainerState state() {
    return state;
  }

  /**
   * Fails if the state was cut otherwise than a run does.
   *
   * @param flatFloats values of the run's flat buffer
   * @param bucketFloats values of its buckets
   * @throws CheckpointException saying how both differ
   */
  public void requireFit(long flatFloats, int bucketFloats) throws CheckpointException {
    List<String> problems = new ArrayList<>();
    if (state.flatFloats() != flatFloats) {
      problems.add(
          "%d trained values, this run has %d: other parameters are trained"
              .formatted(state.flatFloats(), flatFloats));
    }
    if (state.bucketFloats() != bucketFloats) {
      problems.add(
          "buckets of %d values, this run has %d: set cluster.bucket_floats: %d"
              .formatted(state.bucketFloats(), bucketFloats, state.bucketFloats()));
    }
    if (!problems.isEmpty()) {
      throw new CheckpointException(
          "checkpoint %s holds %s".formatted(folder, String.join(", and ", problems)));
    }
  }

  /** Loads all of what is trained into a model. */
  public void readTrained(LoadedModel model) throws IOException {
    readTrained(model, 0, Buffer.of(model.trainable().trained().flat()));
  }

  /**
   * Reads values [start, start + n) of the flat buffer of what is trained.
   *
   * @param model the run's model; its own values stay as they are
   * @param values room for n float32 values
   */
  public void readTrained(LoadedModel model, long start, Buffer values) throws IOException {
    model.readTrained(folder, start, values);
  }

  /**
   * Reads the moments of values [into.start(), into.end()).
   *
   * @param into filled
   */
  public void readMoments(Moments into) throws CheckpointException {
    if (into.end() > state.flatFloats()) {
      throw new CheckpointException(
          "checkpoint %s holds moments of %d values, not of %d to %d"
              .formatted(folder, state.flatFloats(), into.start(), into.end()));
    }
    for (Moments stored : moments) {
      long from = Math.max(into.start(), stored.start());
      long to = Math.min(into.end(), stored.end());
      if (from < to) {
        copy(stored.mean(), from - stored.start(), into.mean(), from - into.start(), to - from);
        copy(
            stored.meanSquare(),
            from - stored.start(),
            into.meanSquare(),
            from - into.start(),
            to - from);
      }
    }
  }

  private static void copy(Buffer from, long at, Buffer to, long into, long floats) {
    var _ = to.slice(into, floats).copyFrom(from.slice(at, floats));
  }

  private void index() throws IOException {
    List<Path> paths;
    try (Stream<Path> entries = Files.list(folder)) {
      paths =
          entries
              .filter(path -> OptimizerFile.NAME.matcher(path.getFileName().toString()).matches())
              .sorted()
              .toList();
    }
    record Part(Path path, Moments moments) {}
    List<Part> parts = new ArrayList<>();
    for (Path path : paths) {
      SafetensorsFile file = SafetensorsFile.open(path);
      files.add(file);
      parts.add(new Part(path.getFileName(), OptimizerFile.of(path, file)));
    }
    parts.removeIf(part -> part.moments().floats() == 0);
    parts.sort(Comparator.comparingLong(part -> part.moments().start()));
    List<String> problems = new ArrayList<>();
    long covered = 0;
    Path before = Path.of("the beginning");
    for (Part part : parts) {
      long start = part.moments().start();
      if (start > covered) {
        problems.add("values %d to %d before %s are missing".formatted(covered, start, part.path));
      } else if (start < covered) {
        problems.add(
            "values %d to %d are in both %s and %s"
                .formatted(start, Math.min(covered, part.moments.end()), before, part.path));
      }
      covered = Math.max(covered, part.moments().end());
      before = part.path();
      moments.add(part.moments());
    }
    if (covered < state.flatFloats()) {
      problems.add("values %d to %d are missing".formatted(covered, state.flatFloats()));
    } else if (covered > state.flatFloats()) {
      problems.add("%s ends at value %d of %d".formatted(before, covered, state.flatFloats()));
    }
    if (!problems.isEmpty()) {
      throw new CheckpointException(
          "the moments in checkpoint %s are not complete: %s"
              .formatted(
                  folder,
                  String.join(
                      "; ", problems.subList(0, Math.min(problems.size(), SHOWN_PROBLEMS)))));
    }
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
    files.clear();
  }
}
