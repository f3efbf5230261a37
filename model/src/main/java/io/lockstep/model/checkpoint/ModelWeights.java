package io.lockstep.model.checkpoint;

import io.lockstep.model.detection.HeadInitialiser;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.FloatConversion;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.ShardIndex;
import io.lockstep.model.safetensors.StoredFile;
import io.lockstep.model.safetensors.StoredValues;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;

/** Parameters in and out of a folder's safetensors files, in one piece or in shards. */
final class ModelWeights {

  /** Most bytes of tensors in one file; more are cut into shards. */
  static final long MAX_SHARD_BYTES = 5_000_000_000L;

  private static final String TABLE = "model.language_model.embed_tokens.weight";

  private final ModelConfig config;

  ModelWeights(ModelConfig config) {
    this.config = config;
  }

  /** Takes a parameter's values, which are valid during the call. */
  @FunctionalInterface
  interface Sink {
    void take(StoredValues values) throws IOException;
  }

  /** Gives the values of the parameters that are written. */
  @FunctionalInterface
  interface Source {
    void give(ParameterSpec parameter, Sink sink) throws IOException;
  }

  /**
   * Reads all parameters of a model tensor by tensor; bfloat16 and float16 become float32.
   *
   * @throws InvalidCheckpointException naming every tensor that is missing, extra, stored twice, of
   *     another shape or of another type, or left out although it holds something else
   */
  Parameters read(Path folder, ParameterLayout layout) throws IOException {
    try (ParameterValues values = open(folder, layout, Optional.empty())) {
      return new HeldParameters(values, new HeldTypes(Dtype.FLOAT32, Set.of(), Optional.empty()))
          .load(layout, layout.slots().size());
    }
  }

  /**
   * Opens the values of a model's files, and those of a new detection head in the place of one that
   * is stored.
   *
   * @throws InvalidCheckpointException as {@link #read}
   */
  @SuppressWarnings("MustBeClosedChecker")
  ParameterValues open(Path folder, ParameterLayout layout, Optional<Tuning.NewHead> head)
      throws IOException {
    TensorSource tensors = TensorSource.openFolder(folder);
    try {
      ParameterLayout read =
          head.isPresent() ? layout.without(Set.of(ParameterSpec.Module.DETECTION)) : layout;
      return new OfFiles(tensors, storedNames(folder, tensors, read), head);
    } catch (IOException | RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  /**
   * Values of a model's files.
   *
   * @param storedNames what parameters are called in them
   * @param head the detection head that the model gets
   */
  private record OfFiles(
      TensorSource tensors, Map<String, String> storedNames, Optional<Tuning.NewHead> head)
      implements ParameterValues {

    @Override
    public void read(ParameterSpec parameter, Buffer into) {
      if (isNew(parameter)) {
        HeadInitialiser.fill(parameter, into, head.orElseThrow().seed());
      } else {
        FloatConversion.toFloat32(values(parameter), into);
      }
    }

    @Override
    public Optional<StoredValues> stored(ParameterSpec parameter) {
      return isNew(parameter) ? Optional.empty() : Optional.of(values(parameter));
    }

    private boolean isNew(ParameterSpec parameter) {
      return head.isPresent() && parameter.module() == ParameterSpec.Module.DETECTION;
    }

    private StoredValues values(ParameterSpec parameter) {
      return tensors.values(storedNames.getOrDefault(parameter.name(), parameter.name()));
    }

    @Override
    public void close() {
      tensors.close();
    }
  }

  /**
   * What each parameter is called in a folder's files.
   *
   * @throws InvalidCheckpointException as {@link #read}
   */
  Map<String, String> storedNames(Path folder, TensorSource tensors, ParameterLayout layout)
      throws IOException {
    Map<String, String> storedNames = new LinkedHashMap<>();
    List<String> problems = problems(tensors, layout, storedNames);
    if (!problems.isEmpty()) {
      throw new InvalidCheckpointException(TensorSource.weightsOf(folder), problems);
    }
    return storedNames;
  }

  /** What is wrong; {@code storedNames} receives each parameter's name in the files. */
  private List<String> problems(
      TensorSource tensors, ParameterLayout layout, Map<String, String> storedNames) {
    List<String> problems = new ArrayList<>();
    Map<String, String> extra = new TreeMap<>();
    for (String stored : tensors.names()) {
      String other = extra.put(config.parameterName(stored), stored);
      if (other != null) {
        problems.add("tensors " + other + " and " + stored + " are the same parameter");
      }
    }
    if (config.tieWordEmbeddings() && !extra.containsKey(TABLE)) {
      // Tools that store tensors in one memory once may keep either name, as in public.
      String head = extra.remove(LeftOut.HEAD);
      if (head != null) {
        extra.put(TABLE, head);
      }
    }
    for (ParameterLayout.Slot slot : layout.slots()) {
      ParameterSpec spec = slot.spec();
      String stored = extra.remove(spec.name());
      if (stored == null) {
        problems.add(missing(spec));
        continue;
      }
      storedNames.put(spec.name(), stored);
      check(tensors.info(stored), spec, problems);
    }
    LeftOut leftOut = new LeftOut(config);
    for (String stored : extra.values()) {
      if (!leftOut.covers(stored)) {
        problems.add("tensor " + stored + " is not part of the model");
      } else if (problems.isEmpty()) {
        leftOut
            .problem(tensors, stored, storedNames.getOrDefault(TABLE, TABLE))
            .ifPresent(problems::add);
      }
    }
    return problems;
  }

  private String missing(ParameterSpec spec) {
    return "tensor %s %s is missing%s"
        .formatted(
            config.storedName(spec.name()),
            spec.shape(),
            spec.name().equals(LeftOut.HEAD)
                ? "; if the head is the embedding table, config.json must say so with"
                    + " tie_word_embeddings at its top level"
                : "");
  }

  private static void check(TensorInfo info, ParameterSpec spec, List<String> problems) {
    if (!info.shape().equals(spec.shape())) {
      problems.add(
          "tensor %s has shape %s, config.json asks for %s"
              .formatted(info.name(), info.shape(), spec.shape()));
    }
    if (!FloatConversion.isFloat(info.dtype())) {
      problems.add(
          "tensor %s has type %s, only F32, F16 and BF16 are supported"
              .formatted(info.name(), info.dtype()));
    }
  }

  /**
   * Writes all parameters of a layout in float32, those of a detection head apart from the model's,
   * which stay in the public layout; each file appears whole or not at all.
   *
   * @param values their values by name
   * @param maxShardBytes most bytes of tensors in one file, unless a single tensor has more
   * @return the files
   */
  List<StoredFile> write(Path folder, ParameterLayout layout, Weights values, long maxShardBytes)
      throws IOException {
    Source source = (spec, sink) -> sink.take(StoredValues.of(Buffer.of(values.get(spec.name()))));
    return write(folder, layout, source, DType.F32, maxShardBytes);
  }

  /**
   * Reads values [start, end) of the flat buffer of some of a model's parameters.
   *
   * @param all all parameters of the model, which the folder has to hold
   * @param some the parameters that lie in the flat buffer
   * @param values float32, (end - start) of them; gaps between parameters become zero
   */
  void readRange(Path folder, ParameterLayout all, ParameterLayout some, long start, Buffer values)
      throws IOException {
    try (TensorSource tensors = TensorSource.openFolder(folder)) {
      Map<String, String> storedNames = storedNames(folder, tensors, all);
      FlatRange.read(tensors, some, name -> storedNames.getOrDefault(name, name), start, values);
    }
  }

  /**
   * The same with values of another type that come one after another: no more than one parameter's
   * are held.
   */
  List<StoredFile> write(
      Path folder, ParameterLayout layout, Source source, DType type, long maxShardBytes)
      throws IOException {
    List<StoredFile> files = new ArrayList<>();
    List<ParameterSpec> head =
        layout.slots().stream()
            .map(ParameterLayout.Slot::spec)
            .filter(spec -> spec.module() == ParameterSpec.Module.DETECTION)
            .toList();
    if (!head.isEmpty()) {
      files.add(write(folder.resolve(TensorSource.DETECTION_FILE), head, source, type));
    }
    ParameterLayout model = layout.without(Set.of(ParameterSpec.Module.DETECTION));
    List<List<ParameterSpec>> shards = shards(model, type, maxShardBytes);
    if (shards.size() == 1) {
      Path file = folder.resolve(TensorSource.WEIGHTS_FILE);
      files.add(write(file, shards.getFirst(), source, type));
      return List.copyOf(files);
    }
    SequencedMap<String, String> weightMap = new LinkedHashMap<>();
    for (int i = 0; i < shards.size(); i++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      files.add(write(folder.resolve(file), shards.get(i), source, type));
      shards.get(i).forEach(spec -> weightMap.put(config.storedName(spec.name()), file));
    }
    long bytes = model.elements() * type.bytes();
    new ShardIndex(weightMap).write(folder.resolve(TensorSource.INDEX_FILE), bytes);
    files.add(StoredFile.sync(folder, TensorSource.INDEX_FILE));
    return List.copyOf(files);
  }

  private static List<List<ParameterSpec>> shards(
      ParameterLayout layout, DType type, long maxShardBytes) {
    List<List<ParameterSpec>> shards = new ArrayList<>();
    long filled = 0;
    for (ParameterLayout.Slot slot : layout.slots()) {
      long bytes = slot.spec().elements() * type.bytes();
      if (shards.isEmpty() || filled > maxShardBytes - bytes) {
        shards.add(new ArrayList<>());
        filled = 0;
      }
      shards.getLast().add(slot.spec());
      filled += bytes;
    }
    return shards;
  }

  private StoredFile write(Path file, List<ParameterSpec> specs, Source source, DType type)
      throws IOException {
    SequencedMap<String, ParameterSpec> byStoredName = new TreeMap<>(TensorInfo.NAME_ORDER);
    specs.forEach(spec -> byStoredName.put(config.storedName(spec.name()), spec));
    List<TensorInfo> infos = new ArrayList<>();
    byStoredName.forEach((name, spec) -> infos.add(TensorInfo.of(name, type, spec.dimensions())));
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, infos)) {
      for (Map.Entry<String, ParameterSpec> entry : byStoredName.entrySet()) {
        source.give(
            entry.getValue(),
            values -> {
              try (Arena arena = Arena.ofConfined()) {
                writer.write(entry.getKey(), values.as(type, arena));
              }
            });
      }
      return writer.commit();
    }
  }
}
