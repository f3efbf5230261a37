package io.lockstep.worker.checkpoint;

import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.StoredFile;
import io.lockstep.model.safetensors.TensorInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A file with one rank's moments; it says itself which values of the flat layout they belong to, so
 * that any world can read what any other has written.
 */
public final class OptimizerFile {

  static final Pattern NAME = Pattern.compile("optimizer-\\d{5,}-of-\\d{5,}\\.safetensors");

  private static final String MEAN = "mean";
  private static final String MEAN_SQUARE = "mean_square";
  private static final String START = "flat_start";
  private static final String END = "flat_end";

  private OptimizerFile() {}

  /** Writes the moments of a rank of a world into a folder, synced. */
  public static StoredFile write(Path folder, int rank, int world, Moments moments)
      throws IOException {
    String name = "optimizer-%05d-of-%05d.safetensors".formatted(rank, world);
    List<TensorInfo> infos =
        List.of(
            TensorInfo.of(MEAN, DType.F32, moments.floats()),
            TensorInfo.of(MEAN_SQUARE, DType.F32, moments.floats()));
    Map<String, String> range =
        Map.of(START, Long.toString(moments.start()), END, Long.toString(moments.end()));
    try (SafetensorsWriter writer = SafetensorsWriter.create(folder.resolve(name), infos, range)) {
      writer.write(MEAN, moments.mean());
      writer.write(MEAN_SQUARE, moments.meanSquare());
      return writer.commit();
    }
  }

  /**
   * The moments of a mapped file, valid until it is closed.
   *
   * @throws CheckpointException if it isn't such a file
   */
  static Moments of(Path path, SafetensorsFile file) throws CheckpointException {
    if (!file.contains(MEAN) || !file.contains(MEAN_SQUARE)) {
      throw new CheckpointException(path + " holds no moments");
    }
    boolean floats =
        file.info(MEAN).dtype() == DType.F32 && file.info(MEAN_SQUARE).dtype() == DType.F32;
    long start = number(file, START);
    long end = number(file, END);
    boolean fits =
        floats
            && start >= 0
            && end >= start
            && file.info(MEAN).elements() == end - start
            && file.info(MEAN_SQUARE).elements() == end - start;
    if (!fits) {
      throw new CheckpointException(
          "%s says it holds float32 moments of values '%s' to '%s', but has %d and %d bytes of %s and %s"
              .formatted(
                  path,
                  file.metadata().get(START),
                  file.metadata().get(END),
                  file.info(MEAN).bytes(),
                  file.info(MEAN_SQUARE).bytes(),
                  file.info(MEAN).dtype(),
                  file.info(MEAN_SQUARE).dtype()));
    }
    return new Moments(start, file.buffer(MEAN), file.buffer(MEAN_SQUARE));
  }

  private static long number(SafetensorsFile file, String key) {
    try {
      return Long.parseLong(file.metadata().getOrDefault(key, ""));
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
