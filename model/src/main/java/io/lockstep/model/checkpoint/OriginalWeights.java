package io.lockstep.model.checkpoint;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model's weights in float32 with the values that they were loaded with, whatever they are held
 * in: those that are held rounded are read or drawn again each time they are asked for, and belong
 * to the innermost scope.
 */
public final class OriginalWeights implements Weights, AutoCloseable {

  private final Weights held;
  private final Map<String, ParameterSpec> rounded;
  private final @Nullable ParameterValues values;

  private OriginalWeights(
      Weights held, Map<String, ParameterSpec> rounded, @Nullable ParameterValues values) {
    this.held = held;
    this.rounded = rounded;
    this.values = values;
  }

  /**
   * The originals of held weights.
   *
   * @param rounded names of those that are held with other values
   */
  static OriginalWeights of(
      Weights held, ParameterLayout layout, Set<String> rounded, ParameterValues.Source source)
      throws IOException {
    Map<String, ParameterSpec> again =
        layout.slots().stream()
            .map(ParameterLayout.Slot::spec)
            .filter(spec -> rounded.contains(spec.name()))
            .collect(Collectors.toMap(ParameterSpec::name, spec -> spec));
    return new OriginalWeights(held, again, again.isEmpty() ? null : source.open());
  }

  @Override
  public @Nullable NDArray find(String name) {
    NDArray value = held.find(name);
    if (value == null) {
      return null;
    }
    ParameterSpec parameter = rounded.get(name);
    if (parameter == null || values == null) {
      return Ops.as(value, Dtype.FLOAT32);
    }
    NDArray original = Ops.cast(value, Dtype.FLOAT32);
    values.read(parameter, Buffer.of(original));
    return original;
  }

  @Override
  public void close() {
    if (values != null) {
      values.close();
    }
  }
}
