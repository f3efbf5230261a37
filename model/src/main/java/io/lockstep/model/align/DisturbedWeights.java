package io.lockstep.model.align;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.NameHash;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Weights whose linear layers and experts read and give values that are a little off: each element
 * by the same share of itself, up or down by chance. Chance follows from the layer's name, the pass
 * and the element's place (SplitMix64), so that a disturbed pass is the same on every machine. For
 * passes that record nothing.
 */
final class DisturbedWeights implements Weights {

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private final Scope scope;
  private final Weights weights;
  private final float up;
  private final float down;
  private long key;

  /**
   * Disturbs weights.
   *
   * @param scope holds what is disturbed
   * @param share by how much of itself an element is off
   * @param pass which disturbance; each draws its own signs
   */
  DisturbedWeights(Scope scope, Weights weights, float share, int pass) {
    this.scope = scope;
    this.weights = weights;
    this.up = 1 + share;
    this.down = 1 - share;
    this.key = mix(pass);
  }

  @Override
  public @Nullable NDArray find(String name) {
    return weights.find(name);
  }

  @Override
  public NDArray linear(String layer, NDArray x) {
    return disturbed(layer, x, read -> weights.linear(layer, read));
  }

  @Override
  public Experts experts(String name) {
    Experts experts = weights.experts(name);
    return (expert, x) -> disturbed(name, x, read -> experts.apply(expert, read));
  }

  private NDArray disturbed(String name, NDArray x, UnaryOperator<NDArray> layer) {
    key = mix(key ^ NameHash.of(name));
    try (NDArray read = scope.empty(Dtype.FLOAT32, x.getShape().getShape())) {
      Ops.copyInto(read, x);
      disturb(read, key);
      NDArray given = Ops.contiguous(layer.apply(read));
      disturb(given, key + 1);
      return given;
    }
  }

  private void disturb(NDArray values, long stream) {
    Buffer.of(values).update(host -> disturb(host.floats(), stream));
  }

  private void disturb(HostFloats values, long stream) {
    long count = values.size();
    long signs = 0;
    for (long i = 0; i < count; i++) {
      signs = i % Long.SIZE == 0 ? mix(stream + (i / Long.SIZE + 1) * GOLDEN_GAMMA) : signs >>> 1;
      float value = values.get(i);
      values.set(i, value * ((signs & 1) == 0 ? down : up));
    }
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
