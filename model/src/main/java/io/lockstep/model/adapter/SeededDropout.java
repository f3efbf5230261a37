package io.lockstep.model.adapter;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.NameHash;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;

/**
 * Dropout whose mask is a function of the pass and the layer alone: any worker that computes the
 * pass, and a pass that is computed again, drops the same elements. Element i of a layer draws the
 * i-th number of that layer's sequence (SplitMix64; Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", 2014).
 */
public final class SeededDropout implements Dropout {

  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;
  private static final int UNIFORM_BITS = 24;

  private final Scope scope;
  private final double share;
  private final long key;

  /**
   * The forward pass that drops.
   *
   * @param seed the run's seed
   * @param step the step, from 0
   * @param virtualRank the virtual rank
   * @param pass which of the virtual rank's passes in this step
   */
  public record Pass(long seed, long step, int virtualRank, int pass) {
    private long key() {
      return mix(mix(mix(mix(seed) + step) + virtualRank) + pass);
    }
  }

  /**
   * Dropout of one pass.
   *
   * @param scope holds the masks
   * @param share share of elements that are dropped, in [0, 1)
   */
  public SeededDropout(Scope scope, double share, Pass pass) {
    this.scope = scope;
    this.share = share;
    key = pass.key();
  }

  @Override
  public boolean drops() {
    return share > 0;
  }

  @Override
  public NDArray apply(String layer, NDArray x) {
    if (!drops()) {
      return x;
    }
    NDArray mask = scope.empty(Dtype.FLOAT32, x.getShape().getShape());
    long layerKey = mix(key + NameHash.of(layer));
    Buffer.of(mask).write(host -> fill(host.floats(), layerKey));
    return Ops.asTypeOf(x, Ops.mul(x, mask));
  }

  private void fill(HostFloats mask, long layerKey) {
    long elements = mask.size();
    long threshold = Math.round(share * (1 << UNIFORM_BITS));
    float kept = (float) (1 / (1 - share));
    long state = layerKey;
    for (long i = 0; i < elements; i++) {
      state += GOLDEN_GAMMA;
      boolean dropped = mix(state) >>> (Long.SIZE - UNIFORM_BITS) < threshold;
      mask.set(i, dropped ? 0 : kept);
    }
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
