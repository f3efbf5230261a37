package io.lockstep.model.adapter;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.AdapterPlan.Layer;
import io.lockstep.model.adapter.AdapterPlan.Stack;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.safetensors.FloatConversion;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.StoredValues;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A stored adapter that is added to its base model's parameters one by one: at no time more of it
 * is in memory than what one parameter needs.
 */
public final class AdapterMerger implements AutoCloseable {

  private static final String WEIGHT = ".weight";

  private final AdapterPlan plan;
  private final SafetensorsFile tensors;

  private AdapterMerger(AdapterPlan plan, SafetensorsFile tensors) {
    this.plan = plan;
    this.tensors = tensors;
  }

  /**
   * Opens a folder in the public format.
   *
   * @param base all parameters of the base model
   * @throws IOException if a file is missing or does not fit the model; the message lists
   *     everything that is wrong
   */
  @SuppressWarnings("MustBeClosedChecker")
  public static AdapterMerger open(Path folder, ParameterLayout base) throws IOException {
    AdapterPlan plan = AdapterPlan.read(folder, base);
    return new AdapterMerger(plan, AdapterFile.open(folder, plan));
  }

  /**
   * Checks what the adapter's file holds of its base model.
   *
   * @param values the base model's values by the names of its parameters
   * @throws IOException naming what differs
   */
  public void requireSameCopies(Function<String, StoredValues> values) throws IOException {
    AdapterFile.requireSameCopies(tensors, plan, values);
  }

  /** Digest of the base model's stored weights it was made for, if it tells. */
  public Optional<String> baseSha256() {
    return AdapterFile.baseSha256(tensors);
  }

  /** Whether a parameter of the base model is another one with the adapter. */
  public boolean changes(String parameter) {
    return plan.savedName(parameter) != null
        || layer(parameter) != null
        || plan.stack(parameter) != null;
  }

  /**
   * A parameter with the adapter in it, float32.
   *
   * @param scope owns the result
   * @param stored the base model's values
   */
  public NDArray merged(Scope scope, ParameterSpec parameter, StoredValues stored) {
    String saved = plan.savedName(parameter.name());
    if (saved != null) {
      return read(scope, saved);
    }
    NDArray weight = scope.empty(Dtype.FLOAT32, parameter.dimensions());
    FloatConversion.toFloat32(stored, Buffer.of(weight));
    Layer layer = layer(parameter.name());
    if (layer != null) {
      LowRank.merge(
          layer,
          weight,
          read(scope, layer.down()),
          read(scope, layer.up()),
          plan.config().dora() ? read(scope, layer.magnitude()) : null);
    }
    Stack stack = plan.stack(parameter.name());
    if (stack != null) {
      LowRank.merge(stack, weight, read(scope, stack.down()), read(scope, stack.up()));
    }
    return weight;
  }

  private @Nullable Layer layer(String parameter) {
    return parameter.endsWith(WEIGHT)
        ? plan.layer(parameter.substring(0, parameter.length() - WEIGHT.length()))
        : null;
  }

  private NDArray read(Scope scope, String name) {
    TensorInfo info = tensors.info(name);
    NDArray values = scope.empty(Dtype.FLOAT32, info.dimensions());
    FloatConversion.toFloat32(tensors.values(name), Buffer.of(values));
    return values;
  }

  @Override
  public void close() {
    tensors.close();
  }
}
