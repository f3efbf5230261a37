package io.lockstep.model.checkpoint;

import ai.djl.ndarray.NDArray;
import io.lockstep.data.file.FileWrites;
import io.lockstep.model.adapter.AdapterMerger;
import io.lockstep.model.config.GenerationConfig;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.detection.DetectionFile;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.StoredValues;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ObjLongConsumer;
import java.util.stream.Stream;

/**
 * Makes one model of a base model and an adapter. Weights pass through memory one parameter at a
 * time, so that a model of any size can be merged where its largest parameter fits.
 *
 * @param base the base model's folder
 * @param adapter the adapter's folder
 * @param type type of the merged weights; float32 loses nothing
 * @param maxShardBytes most bytes of tensors in one file, unless a single tensor has more
 */
public record AdapterMerge(Path base, Path adapter, DType type, long maxShardBytes) {

  /** Most bytes of one file if nobody asks for others. */
  public static final long DEFAULT_SHARD_BYTES = ModelWeights.MAX_SHARD_BYTES;

  /** The parameters of the model, and those that the adapter changes. */
  public record Counts(long parameters, long changed) {}

  /**
   * Writes the merged model; its folder appears whole or not at all.
   *
   * @param target a folder that does not exist
   * @param progress is told each parameter that is written, and how many are so far
   * @throws IOException if the adapter does not fit the base model; the message lists everything
   *     that is wrong
   */
  public Counts write(Path target, ObjLongConsumer<String> progress) throws IOException {
    if (Files.exists(target)) {
      throw new FileAlreadyExistsException(target.toString());
    }
    Path absolute = target.toAbsolutePath().normalize();
    Path partial = absolute.resolveSibling("." + absolute.getFileName() + ".partial");
    delete(partial);
    Files.createDirectories(partial);
    try {
      Counts counts = writeInto(partial, progress);
      Files.move(partial, absolute, StandardCopyOption.ATOMIC_MOVE);
      return counts;
    } finally {
      delete(partial);
    }
  }

  private Counts writeInto(Path folder, ObjLongConsumer<String> progress) throws IOException {
    ModelConfig config = ModelFamilies.read(base.resolve(CheckpointFiles.CONFIG));
    ParameterLayout layout = config.layout();
    ModelWeights weights = new ModelWeights(config);
    long[] written = new long[2];
    try (AdapterMerger merger = AdapterMerger.open(adapter, layout);
        TensorSource tensors = TensorSource.openFolder(base)) {
      AdapterBase.requireMatch(adapter, merger.baseSha256(), base);
      Map<String, String> names = weights.storedNames(base, tensors, layout);
      merger.requireSameCopies(name -> tensors.values(names.getOrDefault(name, name)));
      ModelWeights.Source source =
          (parameter, sink) -> {
            String stored = names.getOrDefault(parameter.name(), parameter.name());
            try (Scope scope = Scope.open()) {
              if (merger.changes(parameter.name())) {
                NDArray merged =
                    Autograd.inference(
                        () -> merger.merged(scope, parameter, tensors.values(stored)));
                sink.take(StoredValues.of(Buffer.of(merged)));
                written[1]++;
              } else {
                sink.take(tensors.values(stored));
              }
              progress.accept(parameter.name(), ++written[0]);
            }
          };
      weights.write(folder, layout, source, type, maxShardBytes);
    }
    copyCompanions(folder);
    return new Counts(written[0], written[1]);
  }

  private void copyCompanions(Path folder) throws IOException {
    var _ = CheckpointFiles.copy(base, folder);
    Optional<DetectionConfig> head = DetectionFile.read(base);
    if (head.isPresent()) {
      var _ = DetectionFile.write(folder, head.get());
    }
    try (ModelInputs inputs = ModelInputs.open(base)) {
      inputs.generationConfig().declareEnds(folder.resolve(GenerationConfig.FILE_NAME));
    }
    StoredType.declare(folder.resolve(CheckpointFiles.CONFIG), type);
    if (ImageOptions.isIn(adapter)) {
      var _ = ImageOptions.of(adapter).replaceIn(folder);
    }
    var _ = VisionSettings.read(base, new Tuning.StoredAdapter(adapter)).write(folder);
    for (Path origin : List.of(adapter, base)) {
      if (Files.exists(origin.resolve(TrainedRun.RUN_CONFIG))
          && !Files.exists(folder.resolve(TrainedRun.RUN_CONFIG))) {
        FileWrites.copy(
            origin.resolve(TrainedRun.RUN_CONFIG), folder.resolve(TrainedRun.RUN_CONFIG));
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(file -> {
            try {
              Files.delete(file);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }
}
