package io.lockstep.model.layer;

import static io.lockstep.model.parameter.ParameterSpec.Module.VIT;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Ops;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention of a vision tower: patches of a range (a frame, a window) see each other in both
 * directions, and no others.
 */
public final class VisionAttention implements Block {

  /** Queries whose scores are in memory at once, where they are. */
  private static final long QUERIES = 1024;

  private final VisionConfig config;
  private final Linear qkv;
  private final Linear output;

  /**
   * The attention of a block.
   *
   * @param prefix name of the module, with a dot at its end
   */
  public VisionAttention(VisionConfig config, String prefix) {
    this.config = config;
    long hidden = config.hiddenSize();
    qkv = new Linear(VIT, prefix + "qkv", hidden, 3 * hidden, true);
    output = new Linear(VIT, prefix + "proj", hidden, hidden, true);
  }

  @Override
  public List<ParameterSpec> parameters() {
    return Block.parametersOf(qkv, output);
  }

  /**
   * Ranges of one size that follow each other, computed as one batch.
   *
   * @param start first patch
   * @param ranges number of ranges n
   * @param size patches of each
   * @param cosSin of their patches, [n, 1, size, d] each
   */
  public record Run(int start, int ranges, int size, CosSin cosSin) {

    /**
     * Joins equal neighbours.
     *
     * @param sizes patches of each range, in order
     * @param cosSin of all patches, [N, d] each
     */
    public static List<Run> of(List<Integer> sizes, CosSin cosSin) {
      List<Run> runs = new ArrayList<>();
      long headDim = cosSin.cos().getShape().get(1);
      int start = 0;
      for (int first = 0; first < sizes.size(); ) {
        int size = sizes.get(first);
        int last = first;
        while (last < sizes.size() && sizes.get(last) == size) {
          last++;
        }
        int count = last - first;
        NDIndex rows = new NDIndex("{}:{}", start, start + count * size);
        CosSin own = new CosSin(cosSin.cos().get(rows), cosSin.sin().get(rows));
        runs.add(new Run(start, count, size, own.reshape(new Shape(count, 1, size, headDim))));
        start += count * size;
        first = last;
      }
      return List.copyOf(runs);
    }
  }

  /**
   * Attends with normalised patches [N, C].
   *
   * @param runs ranges that together cover all N patches in order
   * @param attention how it is computed
   */
  public NDArray apply(
      Weights weights, NDArray normed_NC, List<Run> runs, Attention.Implementation attention) {
    NDArray all = qkv.apply(weights, normed_NC);
    NDList attended = new NDList();
    for (Run run : runs) {
      int end = run.start() + run.ranges() * run.size();
      NDArray rows = runs.size() == 1 ? all : all.get(new NDIndex("{}:{}", run.start(), end));
      attended.add(attended(rows, run, attention));
    }
    return output.apply(weights, joined(attended, 0));
  }

  private NDArray attended(NDArray rows, Run run, Attention.Implementation attention) {
    int headDim = config.headDim();
    NDArray qkv_3nhsd =
        rows.reshape(run.ranges(), run.size(), 3, config.heads(), headDim).transpose(2, 0, 3, 1, 4);
    NDArray query = Ops.rotary(qkv_3nhsd.get(0), run.cosSin().cos(), run.cosSin().sin());
    NDArray key = Ops.rotary(qkv_3nhsd.get(1), run.cosSin().cos(), run.cosSin().sin());
    NDArray out_nhsd =
        Attention.apply(
            attention, query, key, qkv_3nhsd.get(2), null, false, 1 / Math.sqrt(headDim));
    return out_nhsd
        .transpose(0, 2, 1, 3)
        .reshape((long) run.ranges() * run.size(), config.hiddenSize());
  }

  /**
   * Attends with normalised patches [N, C] operator by operator: the public implementation's
   * "eager" attention to the bit. A fused kernel rounds otherwise, and so do the ranges' matrix
   * products if they are computed as one batch.
   *
   * @param cosSin of all patches
   * @param sizes patches of each range, in order; they sum to N
   */
  public NDArray composed(Weights weights, NDArray normed_NC, CosSin cosSin, List<Integer> sizes) {
    int headDim = config.headDim();
    CosSin turn = cosSin.reshape(new Shape(-1, 1, headDim));
    NDArray qkv_3Nhd =
        qkv.apply(weights, normed_NC).reshape(-1, 3, config.heads(), headDim).transpose(1, 0, 2, 3);
    NDArray query_hNd = Ops.rotary(qkv_3Nhd.get(0), turn.cos(), turn.sin()).transpose(1, 0, 2);
    NDArray key_hdN = Ops.rotary(qkv_3Nhd.get(1), turn.cos(), turn.sin()).transpose(1, 2, 0);
    NDArray value_hNd = qkv_3Nhd.get(2).transpose(1, 0, 2);
    NDList attended_hsd = new NDList();
    long start = 0;
    for (int size : sizes) {
      NDArray key = Ops.narrow(key_hdN, 2, start, size);
      NDArray value = Ops.narrow(value_hNd, 1, start, size);
      for (long first = 0; first < size; first += QUERIES) {
        long queries = Math.min(QUERIES, size - first);
        attended_hsd.add(composed(Ops.narrow(query_hNd, 1, start + first, queries), key, value));
      }
      start += size;
    }
    NDArray all_NC = joined(attended_hsd, 1).transpose(1, 0, 2).reshape(-1, config.hiddenSize());
    return output.apply(weights, all_NC);
  }

  /** Scores are closed at once: further on only the graph may need them. */
  private NDArray composed(NDArray query_hqd, NDArray key_hds, NDArray value_hsd) {
    try (NDArray products = Ops.matmul(query_hqd, key_hds);
        NDArray scores = Ops.times(products, 1 / Math.sqrt(config.headDim()));
        NDArray shares = Ops.softmax(scores, -1)) {
      return Ops.matmul(shares, value_hsd);
    }
  }

  /** DJL joins a single array by copying it, which ends the graph. */
  private static NDArray joined(NDList parts, int axis) {
    return parts.size() == 1 ? parts.head() : NDArrays.concat(parts, axis);
  }
}
