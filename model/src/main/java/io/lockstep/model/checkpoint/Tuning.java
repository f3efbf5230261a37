package io.lockstep.model.checkpoint;

import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** Which parameters of a model are trained, and where an adapter comes from. */
public sealed interface Tuning {

  /** All parameters of the model. */
  static Tuning full() {
    return new Full(Set.of(), Optional.empty());
  }

  /**
   * A detection head that a model gets.
   *
   * @param seed decides its first values
   */
  record NewHead(DetectionConfig sizes, long seed) {}

  /**
   * The model's own parameters.
   *
   * @param frozen parts that are not trained
   * @param head the detection head that the model gets; none if it has one that goes on to be
   *     trained, or shall have none
   */
  record Full(Set<ParameterSpec.Module> frozen, Optional<NewHead> head) implements Tuning {
    public Full {
      frozen = Set.copyOf(frozen);
    }

    /** Training of a model that gets no head. */
    public Full(Set<ParameterSpec.Module> frozen) {
      this(frozen, Optional.empty());
    }

    @Override
    public ModelConfig config(ModelConfig stored) {
      return head.map(NewHead::sizes).map(stored::detecting).orElse(stored);
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

  /**
   * An adapter that is stored in the public format, on more layers.
   *
   * @param folder its folder
   * @param plan where it sits then
   * @param seed decides the first values of what is added
   */
  record ExtendedAdapter(Path folder, AdapterPlan plan, long seed) implements Tuning {}

  /** The folder of the stored adapter that training goes on with, or that is loaded. */
  default Optional<Path> stored() {
    return switch (this) {
      case StoredAdapter(Path folder) -> Optional.of(folder);
      case ExtendedAdapter extended -> Optional.of(extended.folder());
      case Full _, NewAdapter _ -> Optional.empty();
    };
  }

  /** The model that is trained, of the one that is stored. */
  default ModelConfig config(ModelConfig stored) {
    return stored;
  }

  /** How the base model's parameters are laid out: those that are trained come first. */
  default ParameterLayout layout(ParameterLayout base) {
    return base;
  }
}
