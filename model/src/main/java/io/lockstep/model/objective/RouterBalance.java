package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.network.Router;
import io.lockstep.tensor.HostValues;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;

/**
 * How unevenly routers send tokens to their experts (Fedus, Zoph and Shazeer, "Switch
 * transformers", 2022, equations 4 to 6; over all layers together, as the public library has it): E
 * times the sum over experts of the share of tokens that go through an expert and its mean
 * probability. Both are means over the tokens of a pass and all layers with experts; padding does
 * not count. It is k for routers that treat all experts alike, k being the experts of a token, and
 * more for others.
 *
 * @param routers of the layers that have one, all alike
 * @param weight {@code router_aux_loss_coef}
 */
public record RouterBalance(SortedMap<Integer, Router> routers, double weight) implements LossTerm {

  /** Checks that there is something to balance. */
  public RouterBalance {
    if (routers.isEmpty()) {
      throw new IllegalArgumentException("the model has no experts whose use could be balanced");
    }
  }

  @Override
  public String name() {
    return "router_aux";
  }

  @Override
  public Normaliser normaliser() {
    return Normaliser.PASSES;
  }

  @Override
  public Set<String> reads() {
    Set<String> names = new LinkedHashSet<>();
    routers.keySet().forEach(layer -> names.add(Activations.router(layer)));
    return names;
  }

  @Override
  public OfPass begin(Scope scope, Batch batch, Activations activations) {
    return part -> sum(batch.attentionMask(), activations);
  }

  private NDArray sum(long[] isToken, Activations activations) {
    Router router = routers.firstEntry().getValue();
    int experts = router.experts();
    double rows = 0;
    for (long mask : isToken) {
      rows += mask;
    }
    rows *= routers.size();
    double[] sent = new double[experts];
    NDArray probabilities_E = null;
    NDArray mask_N1 = null;
    for (int layer : routers.keySet()) {
      NDArray probabilities_NE = activations.get(Activations.router(layer));
      float[] chosen = router.chosen(HostValues.floats(probabilities_NE));
      for (int i = 0; i < chosen.length; i++) {
        sent[i % experts] += chosen[i] * isToken[i / experts];
      }
      if (mask_N1 == null) {
        mask_N1 = mask(isToken);
      }
      NDArray sum_E = Ops.mul(probabilities_NE, mask_N1).sum(new int[] {0});
      probabilities_E = probabilities_E == null ? sum_E : probabilities_E.add(sum_E);
    }
    float[] factors = new float[experts];
    for (int expert = 0; expert < experts; expert++) {
      factors[expert] = (float) (experts * (sent[expert] / rows) / rows);
    }
    NDArray all_E = Objects.requireNonNull(probabilities_E);
    return Ops.mul(all_E, Ops.constant(factors, experts)).sum();
  }

  private static NDArray mask(long[] isToken) {
    float[] mask = new float[isToken.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = isToken[i];
    }
    return Ops.constant(mask, mask.length, 1);
  }
}
