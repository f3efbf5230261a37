package io.lockstep.model.adapter;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.FloatConversion;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.StoredFile;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.TensorMemory;
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

/** An adapter's tensors in and out of {@code adapter_model.safetensors}. */
public final class AdapterFile {

  /** Its name in an adapter's folder. */
  public static final String FILE_NAME = "adapter_model.safetensors";

  /** Metadata that says which base model the adapter was made for. */
  private static final String BASE_SHA256 = "base_weights_sha256";

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
      throw new InvalidAdapterException(folder.toString(), List.of(FILE_NAME + " is missing"));
    }
    SafetensorsFile tensors = SafetensorsFile.open(file);
    List<String> problems = problems(tensors, plan.layout());
    if (!problems.isEmpty()) {
      tensors.close();
      int more = problems.size() - SHOWN;
      throw new InvalidAdapterException(
          file.toString(), more > 0 ? shortened(problems, more) : problems);
    }
    return tensors;
  }

  static Adapter read(Path folder, AdapterPlan plan) throws IOException {
    try (SafetensorsFile tensors = open(folder, plan)) {
      Parameters parameters = new Parameters(plan.layout());
      parameters
          .byName()
          .forEach((name, parameter) ->
              FloatConversion.toFloat32(
                  tensors.info(name).dtype(), tensors.data(name), TensorMemory.of(parameter)));
      return new Adapter(plan, parameters, baseSha256(tensors));
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

  private static List<String> problems(SafetensorsFile tensors, ParameterLayout layout) {
    List<String> problems = new ArrayList<>();
    Set<String> extra = new TreeSet<>(tensors.names());
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
    extra.forEach(name ->
        problems.add(
            "tensor " + name + " belongs to no layer that " + AdapterConfig.FILE_NAME + " names"));
    return problems;
  }

  static StoredFile write(
      Path folder, AdapterConfig config, Parameters parameters, String baseSha256)
      throws IOException {
    List<TensorInfo> infos =
        parameters.layout().slots().stream()
            .map(slot -> TensorInfo.of(slot.spec().name(), DType.F32, slot.spec().dimensions()))
            .sorted(Comparator.comparing(TensorInfo::name, TensorInfo.NAME_ORDER))
            .toList();
    Map<String, String> metadata = Map.of("format", "pt", BASE_SHA256, baseSha256);
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(folder.resolve(FILE_NAME), infos, metadata)) {
      for (TensorInfo info : infos) {
        writer.write(info.name(), TensorMemory.of(parameters.get(info.name())));
      }
      config.write(folder);
      return writer.commit();
    }
  }
}
