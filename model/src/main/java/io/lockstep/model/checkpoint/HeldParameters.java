package io.lockstep.model.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.DType;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.HashSet;
import java.util.Set;

/**
 * Loads parameters one by one, each into the type that it is held in: at no time more than one of
 * them is in memory in float32 besides.
 */
final class HeldParameters {

  /** The bits of a float32 that bfloat16 leaves out. */
  private static final int LEFT_OUT = 0xffff;

  private final ParameterValues values;
  private final HeldTypes types;
  private final Set<String> rounded = new HashSet<>();

  HeldParameters(ParameterValues values, HeldTypes types) {
    this.values = values;
    this.types = types;
  }

  /**
   * Loads all of a model's parameters.
   *
   * @param trained how many of the first are trained: they lie in one float32 buffer
   */
  Parameters load(ParameterLayout layout, int trained) {
    boolean wide = types.compute() == Dtype.FLOAT32;
    int flat = wide ? layout.slots().size() : trained;
    Parameters parameters = wide ? new Parameters(layout) : beside(layout, trained);
    try {
      for (ParameterLayout.Slot slot : layout.slots().subList(0, flat)) {
        values.read(slot.spec(), Buffer.of(parameters.get(slot.spec().name())));
      }
      return parameters;
    } catch (RuntimeException | Error e) {
      parameters.close();
      throw e;
    }
  }

  /** One piece of memory serves all roundings: many would leave gaps between what is held. */
  private Parameters beside(ParameterLayout layout, int trained) {
    long largest =
        layout.slots().stream()
            .skip(trained)
            .map(ParameterLayout.Slot::spec)
            .filter(spec -> types.of(spec) != HeldTypes.Held.FLOAT32 && !isStoredNarrow(spec))
            .mapToLong(ParameterSpec::elements)
            .max()
            .orElse(0);
    try (Scope scope = Scope.open()) {
      NDArray staging = scope.empty(Dtype.FLOAT32, largest);
      return new Parameters(layout, trained, (into, spec) -> held(into, spec, staging));
    }
  }

  private boolean isStoredNarrow(ParameterSpec parameter) {
    return values.stored(parameter).filter(stored -> stored.type() == DType.BF16).isPresent();
  }

  /** Names of the parameters that were loaded with other values than they have. */
  Set<String> rounded() {
    return Set.copyOf(rounded);
  }

  private NDArray held(Scope scope, ParameterSpec parameter, NDArray staging) {
    HeldTypes.Held held = types.of(parameter);
    if (held == HeldTypes.Held.FLOAT32) {
      NDArray wide = scope.empty(Dtype.FLOAT32, parameter.dimensions());
      values.read(parameter, Buffer.of(wide));
      return wide;
    }
    if (isStoredNarrow(parameter)) {
      NDArray narrow = scope.empty(Dtype.BFLOAT16, parameter.dimensions());
      Buffer stored = values.stored(parameter).orElseThrow().buffer();
      Buffer.of(narrow).write(host -> host.copyFrom(stored));
      return narrow;
    }
    try (Scope temporaries = Scope.open()) {
      NDArray wide =
          Ops.narrow(staging, 0, 0, parameter.elements())
              .reshape(new Shape(parameter.dimensions()));
      values.read(parameter, Buffer.of(wide));
      boolean exact = isExact(Buffer.of(wide).toHost().floats());
      if (!exact && held == HeldTypes.Held.BFLOAT16) {
        rounded.add(parameter.name());
      }
      Dtype type = exact || held == HeldTypes.Held.BFLOAT16 ? Dtype.BFLOAT16 : Dtype.FLOAT32;
      NDArray own = scope.empty(type, parameter.dimensions());
      Ops.copyInto(own, wide);
      return own;
    }
  }

  /** Whether bfloat16 holds all of these values. */
  private static boolean isExact(HostFloats floats) {
    long count = floats.size();
    for (long i = 0; i < count; i++) {
      if ((Float.floatToRawIntBits(floats.get(i)) & LEFT_OUT) != 0) {
        return false;
      }
    }
    return true;
  }
}
