package io.lockstep.model.adapter;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.FloatConversion;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.StoredFile;
import io.lockstep.model.safetensors.StoredValues;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** An adapter's tensors in and out of {@code adapter_model.safetensors}. */
public final class AdapterFile {

  /** Its name in an adapter's folder. */
  public static final String FILE_NAME = "adapter_model.safetensors";

  /** Metadata that says which base model the adapter was made for. */
  private static final String BASE_SHA256 = "base_weights_sha256";

  /** What older versions of the public library write. */
  private static final String PICKLE = "adapter_model.bin";

  private static final int SHOWN = 10;

  private AdapterFile() {}

  /**
   * Opens an adapter's tensors, which are then those of the plan.
   *
   * @throws InvalidAdapterException naming every tensor that is missing, extra, of another shape or
   *     type
   */
  @SuppressWarnings("MustBeClosedChecker")
  public static SafetensorsFile open(Path folder, AdapterPlan plan) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      throw new InvalidAdapterException(
          folder.toString(),
          List.of(
              FILE_NAME
                  + " is missing"
                  + (Files.exists(folder.resolve(PICKLE))
                      ? "; there is "
                          + PICKLE
                          + ", a pickle of Python objects, which is not read:"
                          + " load it with PEFT and save it with safe_serialization=True"
                      : "")));
    }
    SafetensorsFile tensors = SafetensorsFile.open(file);
    List<String> problems = problems(tensors, plan);
    if (!problems.isEmpty()) {
      tensors.close();
      int more = problems.size() - SHOWN;
      throw new InvalidAdapterException(
          file.toString(), more > 0 ? shortened(problems, more) : problems);
    }
    return tensors;
  }

  /** Names of the tensors in an adapter's folder; none if there is no such file. */
  static Set<String> names(Path folder) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      return Set.of();
    }
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      return Set.copyOf(tensors.names());
    }
  }

  static Adapter read(Path folder, AdapterPlan plan, Weights base) throws IOException {
    try (SafetensorsFile tensors = open(folder, plan)) {
      try (Scope temporaries = Scope.open()) {
        requireSameCopies(tensors, plan, name -> StoredValues.of(Buffer.of(base.get(name))));
      }
      Parameters parameters = new Parameters(plan.layout());
      parameters
          .byName()
          .forEach((name, parameter) ->
              FloatConversion.toFloat32(tensors.values(name), Buffer.of(parameter)));
      return new Adapter(plan, parameters, baseSha256(tensors));
    }
  }

  /**
   * Checks copies of base weights that the tensors bring along, such as {@code
   * lm_head.base_layer.weight}, and that are left out: they must be the base model's.
   *
   * @param base the base model's values by the names of its parameters
   * @throws InvalidAdapterException naming every copy that differs
   */
  static void requireSameCopies(
      SafetensorsFile tensors, AdapterPlan plan, Function<String, StoredValues> base)
      throws IOException {
    List<String> problems = new ArrayList<>();
    for (String tensor : tensors.names()) {
      Optional<String> parameter = plan.copied(tensor);
      if (parameter.isPresent()
          && !tensors.values(tensor).equalNumbers(base.apply(parameter.get()))) {
        problems.add(
            ("tensor %s is a copy of %s but holds other values than the base model: name the base"
                    + " model it was trained on, or merge both with PEFT")
                .formatted(tensor, parameter.get()));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidAdapterException(FILE_NAME, problems);
    }
  }

  /** Digest of the base model's stored weights that the tensors were made for, if they tell. */
  public static Optional<String> baseSha256(SafetensorsFile tensors) {
    return Optional.ofNullable(tensors.metadata().get(BASE_SHA256));
  }

  private static List<String> shortened(List<String> problems, int more) {
    List<String> shown = new ArrayList<>(problems.subList(0, SHOWN));
    shown.add("and " + more + " problems more");
    return shown;
  }

  private static List<String> problems(SafetensorsFile tensors, AdapterPlan plan) {
    ParameterLayout layout = plan.storedLayout();
    List<String> problems = new ArrayList<>();
    Set<String> extra = new TreeSet<>(tensors.names());
    if (layout.slots().stream().noneMatch(slot -> extra.contains(slot.spec().name()))) {
      String expected = layout.slots().getFirst().spec().name();
      return List.of(
          extra.isEmpty()
              ? "holds no tensors; expected were " + expected + " and others"
              : "names its tensors otherwise: it has %s where %s and others are expected, as PEFT's save_pretrained writes them"
                  .formatted(extra.iterator().next(), expected));
    }
    for (ParameterLayout.Slot slot : layout.slots()) {
      ParameterSpec spec = slot.spec();
      if (!extra.remove(spec.name())) {
        problems.add("tensor " + spec.name() + " " + spec.shape() + " is missing");
        continue;
      }
      TensorInfo info = tensors.info(spec.name());
      if (!info.shape().equals(spec.shape())) {
        problems.add(
            "tensor %s has shape %s, the model and %s ask for %s"
                .formatted(spec.name(), info.shape(), AdapterConfig.FILE_NAME, spec.shape()));
      }
      if (!FloatConversion.isFloat(info.dtype())) {
        problems.add(
            "tensor %s has type %s, only F32, F16 and BF16 are supported"
                .formatted(spec.name(), info.dtype()));
      }
    }
    extra.stream()
        .filter(name -> plan.copied(name).isEmpty() && !plan.isRepeated(name))
        .forEach(name ->
            problems.add(
                "tensor "
                    + name
                    + " belongs to no layer that "
                    + AdapterConfig.FILE_NAME
                    + " names"));
    return problems;
  }

  /**
   * Writes an adapter's folder.
   *
   * @param tensors whole tensors by the names of the plan
   */
  static StoredFile write(
      Path folder, AdapterPlan plan, Weights tensors, String base, String baseSha256)
      throws IOException {
    List<TensorInfo> infos =
        plan.storedLayout().slots().stream()
            .map(slot -> TensorInfo.of(slot.spec().name(), DType.F32, slot.spec().dimensions()))
            .sorted(Comparator.comparing(TensorInfo::name, TensorInfo.NAME_ORDER))
            .toList();
    Map<String, String> metadata = Map.of("format", "pt", BASE_SHA256, baseSha256);
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(folder.resolve(FILE_NAME), infos, metadata)) {
      for (TensorInfo info : infos) {
        try (Scope temporaries = Scope.open()) {
          writer.write(info.name(), Buffer.of(tensors.get(info.name())));
        }
      }
      plan.config().stored().withBase(base).write(folder);
      return writer.commit();
    }
  }
}
