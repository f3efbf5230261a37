package io.lockstep.model.checkpoint;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.TensorMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Parameters in and out of {@code model.safetensors}. */
final class WeightFile {

  static final String FILE_NAME = "model.safetensors";

  /** Stored by some tools even if the head is tied to the embedding table. */
  private static final String HEAD = "lm_head.weight";

  private WeightFile() {}

  /**
   * Reads all parameters of a model.
   *
   * @param tiedHead whether a stored head is ignored, because the embedding table serves as head
   * @throws InvalidCheckpointException naming every tensor that is missing, extra, of another shape
   *     or type
   */
  static Parameters read(Path file, ParameterLayout layout, boolean tiedHead) throws IOException {
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      List<String> problems = problems(tensors, layout, tiedHead);
      if (!problems.isEmpty()) {
        throw new InvalidCheckpointException(file, problems);
      }
      Parameters parameters = new Parameters(layout);
      parameters
          .byName()
          .forEach((name, parameter) -> TensorMemory.of(parameter).copyFrom(tensors.data(name)));
      return parameters;
    }
  }

  private static List<String> problems(
      SafetensorsFile tensors, ParameterLayout layout, boolean tiedHead) {
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
            "tensor %s has shape %s, config.json asks for %s"
                .formatted(spec.name(), info.shape(), spec.shape()));
      }
      if (info.dtype() != DType.F32) {
        problems.add(
            "tensor %s has type %s, only F32 is supported".formatted(spec.name(), info.dtype()));
      }
    }
    if (tiedHead) {
      extra.remove(HEAD);
    }
    extra.forEach(name -> problems.add("tensor " + name + " is not part of the model"));
    return problems;
  }

  /** Writes all parameters; the file appears whole or not at all. */
  static void write(Path file, Parameters parameters) throws IOException {
    List<TensorInfo> infos =
        parameters.layout().slots().stream()
            .map(slot -> TensorInfo.of(slot.spec().name(), DType.F32, slot.spec().dimensions()))
            .sorted(Comparator.comparing(TensorInfo::name, TensorInfo.NAME_ORDER))
            .toList();
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, infos)) {
      for (TensorInfo info : infos) {
        NDArray parameter = parameters.get(info.name());
        writer.write(info.name(), TensorMemory.of(parameter));
      }
      writer.commit();
    }
  }
}
