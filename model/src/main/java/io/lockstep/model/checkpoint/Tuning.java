package io.lockstep.model.checkpoint;

import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import java.nio.file.Path;
import java.util.Set;

/** Which parameters of a model are trained, and where an adapter comes from. */
public sealed interface Tuning {

  /** All parameters of the model. */
  static Tuning full() {
    return new Full(Set.of());
  }

  /**
   * The model's own parameters.
   *
   * @param frozen parts that are not trained
   */
  record Full(Set<ParameterSpec.Module> frozen) implements Tuning {
    public Full {
      frozen = Set.copyOf(frozen);
    }

    @Override
    public ParameterLayout layout(ParameterLayout base) {
      return base.withLast(frozen);
    }
  }

  /**
   * A new adapter.
   *
   * @param plan where it sits
   * @param seed decides its first values
   */
  record NewAdapter(AdapterPlan plan, long seed) implements Tuning {}

  /**
   * An adapter that is stored in the public format.
   *
   * @param folder its folder
   */
  record StoredAdapter(Path folder) implements Tuning {}

  /** How the base model's parameters are laid out: those that are trained come first. */
  default ParameterLayout layout(ParameterLayout base) {
    return base;
  }
}
