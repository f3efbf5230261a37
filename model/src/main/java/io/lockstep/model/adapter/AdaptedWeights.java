package io.lockstep.model.adapter;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.AdapterPlan.Layer;
import io.lockstep.model.adapter.AdapterPlan.Stack;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Slices;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A base model's weights with an adapter on top: the same function in training, evaluation and
 * serving.
 */
public final class AdaptedWeights implements Weights {

  private final Weights base;
  private final AdapterPlan plan;
  private final Weights adapter;
  private final Dropout dropout;
  private final Map<String, NDArray> norms = new LinkedHashMap<>();

  /**
   * Puts an adapter on a base model.
   *
   * @param scope holds what is computed once for all passes; these weights are valid as long as it
   *     and the adapter's values are
   * @param adapter the adapter's tensors by the names of the plan; layers without tensors must not
   *     be applied
   */
  public AdaptedWeights(
      Scope scope, Weights base, AdapterPlan plan, Weights adapter, Dropout dropout) {
    this.base = base;
    this.plan = plan;
    this.adapter = adapter;
    this.dropout = dropout;
    if (plan.config().dora()) {
      for (Layer layer : plan.layers()) {
        if (adapter.find(layer.down()) != null) {
          try (Scope temporaries = Scope.open()) {
            norms.put(layer.name(), scope.keep(norms(layer)));
          }
        }
      }
    }
  }

  /** Brings what was computed once up to date with the adapter's values, which have changed. */
  public void refresh() {
    for (Layer layer : plan.layers()) {
      NDArray stale = norms.get(layer.name());
      if (stale != null) {
        try (Scope temporaries = Scope.open()) {
          Ops.copyInto(stale, norms(layer));
        }
      }
    }
  }

  private NDArray norms(Layer layer) {
    NDArray weight = Ops.as(get(layer.name() + ".weight"), Dtype.FLOAT32);
    return LowRank.updatedNorms(layer, weight, adapter.get(layer.down()), adapter.get(layer.up()));
  }

  @Override
  public @Nullable NDArray find(String name) {
    String saved = plan.savedName(name);
    return saved == null ? base.find(name) : adapter.get(saved);
  }

  /**
   * {@inheritDoc}
   *
   * <p>LoRA: {@code W x + b + scale * B A dropout(x)}. DoRA: {@code m / |W + scale * B A| * (W +
   * scale * B A) x + b}, where the norm is that of each row and constant in the graph; with dropout
   * its difference to the base layer sees the inputs that are left.
   */
  @Override
  public NDArray linear(String name, NDArray x) {
    NDArray result = Weights.super.linear(name, x);
    Layer layer = plan.layer(name);
    if (layer == null) {
      return result;
    }
    NDArray kept = dropout.apply(name, x);
    NDArray inner = Ops.linear(kept, Ops.asTypeOf(x, adapter.get(layer.down())), null);
    NDArray outer = Ops.linear(inner, Ops.asTypeOf(x, adapter.get(layer.up())), null);
    NDArray update = Ops.times(outer, layer.scale());
    NDArray norm = norms.get(name);
    return Ops.asTypeOf(
        x, result.add(norm == null ? update : redirected(layer, result, kept, update, norm)));
  }

  /**
   * {@inheritDoc}
   *
   * <p>{@code x W + scale * x A^T B^T} with A and B of the expert: the updated weight is never
   * made.
   */
  @Override
  public Experts experts(String name) {
    Experts unchanged = Weights.super.experts(name);
    Stack stack = plan.stack(name);
    if (stack == null) {
      return unchanged;
    }
    Slices downs = LowRank.downs(stack, adapter.get(stack.down()));
    Slices ups = LowRank.ups(stack, adapter.get(stack.up()));
    return (expert, x) -> {
      NDArray inner = Ops.linear(x, Ops.asTypeOf(x, downs.get(expert)), null);
      NDArray update = Ops.linear(inner, Ops.asTypeOf(x, ups.get(expert)), null);
      return unchanged.apply(expert, x).add(Ops.times(update, stack.scale()));
    };
  }

  /** What DoRA adds to the base layer's result. */
  private NDArray redirected(
      Layer layer, NDArray result, NDArray kept, NDArray update, NDArray norm) {
    NDArray factor = adapter.get(layer.magnitude()).div(norm);
    NDArray bias = find(layer.name() + ".bias");
    NDArray straight =
        dropout.drops()
            ? Ops.linear(kept, Ops.asTypeOf(kept, get(layer.name() + ".weight")), null)
            : (bias == null ? result : result.sub(Ops.as(bias, Dtype.FLOAT32)));
    return Ops.mul(Ops.plus(factor, -1), straight).add(Ops.mul(factor, update));
  }
}
