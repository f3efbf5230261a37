package io.lockstep.model.family.qwen3vlmoe;

import static io.lockstep.model.parameter.ParameterSpec.Module.LLM;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.layer.FeedForward;
import io.lockstep.model.layer.Linear;
import io.lockstep.model.network.Router;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostValues;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Slices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * A router and experts in the place of one feed-forward network: each token goes through the k
 * experts that the router finds most probable, and their outputs are added up by these
 * probabilities, normalised to a sum of 1 (Shazeer et al., "Outrageously large neural networks",
 * 2017). Experts are computed in ascending order, each for all of its tokens; tokens are sorted by
 * expert once, so that each gradient is put together once.
 *
 * <p>Shapes: N tokens, H hidden size, E experts, I inner size, n tokens of one expert, M of all
 * experts together. The experts' weights are stored fused, as they are published: gate and up side
 * by side [E, H, 2I], and down [E, I, H].
 */
final class Experts implements FeedForward {

  private final MoeConfig config;
  private final Linear router;
  private final ParameterSpec gateUp;
  private final ParameterSpec down;
  private final long hidden;

  /**
   * The experts of a layer.
   *
   * @param prefix name of the module, with a dot at its end
   */
  Experts(MoeConfig config, String prefix, long hidden) {
    this.config = config;
    this.hidden = hidden;
    long inner = config.intermediateSize();
    router = new Linear(LLM, prefix + "gate", hidden, config.experts(), false);
    gateUp =
        ParameterSpec.of(LLM, prefix + "experts.gate_up_proj", config.experts(), hidden, 2 * inner);
    down = ParameterSpec.of(LLM, prefix + "experts.down_proj", config.experts(), inner, hidden);
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> all = new ArrayList<>(router.parameters());
    all.add(gateUp);
    all.add(down);
    return all;
  }

  @Override
  public NDArray apply(Weights weights, NDArray x) {
    return apply(weights, x, UnaryOperator.identity());
  }

  @Override
  public NDArray apply(Weights weights, NDArray x, UnaryOperator<NDArray> routed) {
    NDArray x_NH = x.reshape(-1, hidden);
    NDArray probabilities_NE =
        routed.apply(Ops.softmax(Ops.as(router.apply(weights, x_NH), Dtype.FLOAT32), -1));
    Routing routing = Routing.of(HostValues.floats(probabilities_NE), config.router());
    NDArray mask_NE = Ops.constant(routing.mask(), probabilities_NE.getShape().getShape());
    NDArray chosen_NE = Ops.mul(probabilities_NE, mask_NE);
    NDArray shares_NE = Ops.asTypeOf(x_NH, chosen_NE.div(chosen_NE.sum(new int[] {1}, true)));
    List<Integer> used = routing.used();
    long[] counts =
        used.stream().mapToLong(expert -> routing.tokens().get(expert).length).toArray();
    long[] rows = routing.rows(used);
    List<NDArray> read_nH =
        Slices.parts(Ops.indexSelect(x_NH, 0, Ops.constant(rows, rows.length)), counts);
    long[] places = routing.places(used);
    NDArray share_M =
        Ops.indexSelect(shares_NE.reshape(-1), 0, Ops.constant(places, places.length));
    List<NDArray> share_n1 = Slices.parts(share_M.reshape(-1, 1), counts);
    Weights.Experts gateUps = weights.experts(gateUp.name());
    Weights.Experts downs = weights.experts(down.name());
    NDArray sum_NH = Ops.zerosLike(x_NH);
    for (int i = used.size() - 1; i >= 0; i--) {
      int expert = used.get(i);
      long[] tokens = routing.tokens().get(expert);
      NDArray out_nH = expert(gateUps, downs, expert, read_nH.get(i));
      Ops.indexAddInPlace(
          sum_NH, 0, Ops.constant(tokens, tokens.length), Ops.mul(out_nH, share_n1.get(i)));
    }
    return sum_NH.reshape(x.getShape());
  }

  private NDArray expert(Weights.Experts gateUps, Weights.Experts downs, int expert, NDArray x_nH) {
    long inner = config.intermediateSize();
    NDArray both_n2I = gateUps.apply(expert, x_nH);
    NDArray gate_nI = Ops.silu(Ops.narrow(both_n2I, 1, 0, inner));
    NDArray inner_nI = gate_nI.mul(Ops.narrow(both_n2I, 1, inner, inner));
    return downs.apply(expert, inner_nI);
  }

  /**
   * Which experts tokens go through.
   *
   * @param mask 1 where a token [N] goes through an expert [E], else 0
   * @param tokens of each expert, ascending
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Routing(float[] mask, List<long[]> tokens) {

    /**
     * The experts that have tokens, the last first: gradients of a token are added in this order.
     */
    List<Integer> used() {
      return IntStream.range(0, tokens.size())
          .filter(expert -> tokens.get(expert).length > 0)
          .boxed()
          .toList()
          .reversed();
    }

    /** The tokens of these experts one after the other. */
    long[] rows(List<Integer> experts) {
      return experts.stream().flatMapToLong(expert -> Arrays.stream(tokens.get(expert))).toArray();
    }

    /** Where their shares are among those [N, E] of all. */
    long[] places(List<Integer> experts) {
      return experts.stream()
          .flatMapToLong(expert ->
              Arrays.stream(tokens.get(expert)).map(token -> token * tokens.size() + expert))
          .toArray();
    }

    static Routing of(float[] probabilities, Router router) {
      float[] mask = router.chosen(probabilities);
      int experts = router.experts();
      List<List<Long>> tokens = new ArrayList<>();
      for (int expert = 0; expert < experts; expert++) {
        tokens.add(new ArrayList<>());
      }
      for (int at = 0; at < mask.length; at++) {
        if (mask[at] == 1) {
          tokens.get(at % experts).add((long) at / experts);
        }
      }
      return new Routing(
          mask,
          tokens.stream().map(own -> own.stream().mapToLong(Long::longValue).toArray()).toList());
    }
  }
}
