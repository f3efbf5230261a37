package io.lockstep.model.checkpoint;

import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * The types that a model's parameters are held in where nothing trains them. A model that computes
 * in bfloat16 rounds its weights where they are used: what is held in bfloat16 gives the same
 * numbers in half the memory, and needs no rounding.
 *
 * @param compute what the model computes in
 * @param exact parts that are written to checkpoints with the values that they were read with
 * @param adapter what is put on the model, if anything is
 */
public record HeldTypes(
    Dtype compute, Set<ParameterSpec.Module> exact, Optional<AdapterPlan> adapter) {

  /** How a parameter is held. */
  public enum Held {
    /** In float32. */
    FLOAT32,
    /** In bfloat16 if that changes none of its values, else in float32. */
    BFLOAT16_IF_EXACT,
    /** In bfloat16. */
    BFLOAT16
  }

  public HeldTypes {
    exact = Set.copyOf(exact);
  }

  /** Those of a run: what it trains is not asked for. */
  public static HeldTypes ofTraining(ModelConfig config, Tuning tuning) throws IOException {
    Set<ParameterSpec.Module> written =
        tuning instanceof Tuning.Full full ? full.frozen() : Set.of();
    return new HeldTypes(config.computeType(), written, plan(config, tuning));
  }

  /** Those of a model that nothing trains, such as a served one or a teacher. */
  public static HeldTypes ofInference(ModelConfig config, Tuning tuning) throws IOException {
    return new HeldTypes(config.computeType(), Set.of(), plan(config, tuning));
  }

  private static Optional<AdapterPlan> plan(ModelConfig config, Tuning tuning) throws IOException {
    if (config.computeType() == Dtype.FLOAT32) {
      return Optional.empty();
    }
    return switch (tuning) {
      case Tuning.Full _ -> Optional.empty();
      case Tuning.NewAdapter added -> Optional.of(added.plan());
      case Tuning.ExtendedAdapter extended -> Optional.of(extended.plan());
      case Tuning.StoredAdapter stored ->
          Optional.of(AdapterPlan.read(stored.folder(), config.layout()));
    };
  }

  /** How a parameter is held. */
  public Held of(ParameterSpec parameter) {
    if (compute == Dtype.FLOAT32 || parameter.module() == ParameterSpec.Module.DETECTION) {
      return Held.FLOAT32;
    }
    boolean isExact =
        exact.contains(parameter.module())
            || adapter.filter(plan -> plan.needsFloat32(parameter.name())).isPresent();
    return isExact ? Held.BFLOAT16_IF_EXACT : Held.BFLOAT16;
  }

  /**
   * The bytes that parameters take.
   *
   * @param stored what the model's files declare their values to be, such as {@code bfloat16}; any
   *     other type is taken to need float32 where nothing may change
   */
  public long bytes(Iterable<ParameterLayout.Slot> parameters, String stored) {
    long bytes = 0;
    for (ParameterLayout.Slot slot : parameters) {
      Dtype type =
          switch (of(slot.spec())) {
            case FLOAT32 -> Dtype.FLOAT32;
            case BFLOAT16 -> Dtype.BFLOAT16;
            case BFLOAT16_IF_EXACT ->
                stored.equals(Dtype.BFLOAT16.publicName()) ? Dtype.BFLOAT16 : Dtype.FLOAT32;
          };
      bytes += type.bytes(slot.spec().elements());
    }
    return bytes;
  }
}
