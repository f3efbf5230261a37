package io.lockstep.model.parameter;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Weights of which some parts are trained: leaves of a graph for those, plain values for the rest.
 *
 * @param leaves leaves by the names of their parameters
 * @param all values of all parameters
 * @param frozen parts without leaves
 */
public record PartlyFrozen(
    Map<String, NDArray> leaves, Parameters all, Set<ParameterSpec.Module> frozen)
    implements Weights {

  @Override
  public @Nullable NDArray find(String name) {
    NDArray leaf = leaves.get(name);
    return leaf == null ? all.find(name) : leaf;
  }

  @Override
  public boolean trains(ParameterSpec.Module part) {
    return !frozen.contains(part);
  }
}
