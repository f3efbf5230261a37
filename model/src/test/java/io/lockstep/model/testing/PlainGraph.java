package io.lockstep.model.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.family.qwen25vl.Qwen25VisionConfig;
import io.lockstep.model.family.qwen3vl.Qwen3VisionConfig;
import io.lockstep.model.family.qwen3vlmoe.MoeConfig;
import io.lockstep.model.family.qwen3vlmoe.Qwen3VlMoeConfig;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The networks written down once more, as one plain graph of operators from pixels and tokens to
 * the loss: what the walk through segments is compared with, to the bit. It shares nothing with the
 * walk but operators, configuration and weights; that it is right, the fixtures of the public
 * implementation tell.
 */
public final class PlainGraph {

  private static final String VISUAL = "model.visual.";
  private static final String LANGUAGE = "model.language_model.";
  private static final double EPS = 1e-6;
  private static final int QUERIES = 1024;

  private final Scope scope;
  private final ModelConfig config;
  private final Weights weights;
  private final Batch batch;

  /** A graph to come, whose tensors belong to the innermost scope. */
  public PlainGraph(Scope scope, ModelConfig config, Weights weights, Batch batch) {
    this.scope = scope;
    this.config = config;
    this.weights = weights;
    this.batch = batch;
  }

  /** Patches in the order of the image processor: row and column on their picture's grid. */
  private record Patch(Grid grid, int frame, int row, int column) {}

  /** Sum of the cross entropy of the supervised tokens. */
  public NDArray loss() {
    Targets targets = Targets.of(batch);
    NDArray hidden = hidden();
    NDArray flat = hidden.reshape(-1, config.text().hiddenSize());
    NDArray rows = Ops.indexSelect(flat, 0, longs(targets.rows()));
    return Ops.crossEntropySum(logits(rows), longs(targets.labels()), -100);
  }

  /** Logits of all positions, [B, T, V]. */
  public NDArray logits() {
    return logits(hidden());
  }

  private NDArray logits(NDArray hidden) {
    NDArray normed = rmsNorm(LANGUAGE + "norm", hidden, config.text().rmsNormEps());
    String head = config.tieWordEmbeddings() ? LANGUAGE + "embed_tokens" : "lm_head";
    return weights.linear(head, normed);
  }

  private NDArray hidden() {
    NDArray ids = scope.fromLongs(batch.ids(), batch.rows(), batch.length());
    NDArray x = Ops.embedding(weights.get(LANGUAGE + "embed_tokens.weight"), ids);
    long[] places =
        IntStream.range(0, batch.ids().length)
            .filter(i -> batch.ids()[i] == config.imageTokenId())
            .asLongStream()
            .toArray();
    List<NDArray> deepstack = new ArrayList<>();
    if (batch.patches() > 0) {
      NDArray merged = kept(vision(deepstack));
      boolean[] isPicture = new boolean[batch.ids().length];
      Arrays.stream(places).forEach(place -> isPicture[(int) place] = true);
      NDArray mask = scope.fromBooleans(isPicture, batch.rows(), batch.length(), 1);
      x = Ops.maskedScatter(x, mask.broadcast(x.getShape()), merged);
    }
    NDArray[] cosSin = textRotary();
    NDArray mask = mask();
    for (int layer = 0; layer < config.text().layers(); layer++) {
      x = textLayer(LANGUAGE + "layers." + layer + ".", x, cosSin, mask);
      if (layer < deepstack.size()) {
        NDArray flat = x.reshape(-1, config.text().hiddenSize());
        x =
            Ops.indexAdd(flat, 0, longs(places), kept(deepstack.get(layer)))
                .reshape(batch.rows(), batch.length(), config.text().hiddenSize());
      }
    }
    return x;
  }

  private NDArray kept(NDArray features) {
    return batch.keptTokens().length == 0
        ? features
        : Ops.indexSelect(features, 0, longs(batch.keptTokens()));
  }

  private NDArray textLayer(String name, NDArray x, NDArray[] cosSin, @Nullable NDArray mask) {
    TextConfig text = config.text();
    double eps = text.rmsNormEps();
    String attention = name + "self_attn.";
    NDArray normed = rmsNorm(name + "input_layernorm", x, eps);
    NDArray query = heads(attention + "q_proj", normed, text.heads());
    NDArray key = heads(attention + "k_proj", normed, text.kvHeads());
    NDArray value = heads(attention + "v_proj", normed, text.kvHeads()).transpose(0, 2, 1, 3);
    if (text.queryKeyNorm()) {
      query = rmsNorm(attention + "q_norm", query, eps);
      key = rmsNorm(attention + "k_norm", key, eps);
    }
    NDArray attended =
        Ops.scaledDotProductAttention(
            Ops.rotary(query.transpose(0, 2, 1, 3), cosSin[0], cosSin[1]),
            Ops.rotary(key.transpose(0, 2, 1, 3), cosSin[0], cosSin[1]),
            value,
            mask,
            mask == null && batch.length() > 1,
            1 / Math.sqrt(text.headDim()),
            text.heads() != text.kvHeads());
    NDArray joined =
        attended
            .transpose(0, 2, 1, 3)
            .reshape(batch.rows(), batch.length(), (long) text.heads() * text.headDim());
    NDArray middle = x.add(weights.linear(attention + "o_proj", joined));
    NDArray ready = rmsNorm(name + "post_attention_layernorm", middle, eps);
    boolean sparse = weights.find(name + "mlp.gate.weight") != null;
    return middle.add(sparse ? experts(name + "mlp.", ready) : gatedMlp(name, ready));
  }

  private NDArray gatedMlp(String name, NDArray x) {
    NDArray gate = Ops.silu(weights.linear(name + "mlp.gate_proj", x));
    return weights.linear(
        name + "mlp.down_proj", gate.mul(weights.linear(name + "mlp.up_proj", x)));
  }

  /** Tokens through the experts that the router finds most probable, expert by expert. */
  private NDArray experts(String name, NDArray x) {
    MoeConfig moe = ((Qwen3VlMoeConfig) config).moe();
    NDArray tokens = x.reshape(-1, config.text().hiddenSize());
    NDArray probabilities = Ops.softmax(weights.linear(name + "gate", tokens), -1);
    float[] values = probabilities.toFloatArray();
    int experts = moe.experts();
    float[] mask = new float[values.length];
    for (int begin = 0; begin < mask.length; begin += experts) {
      int first = begin;
      IntStream.range(0, experts)
          .boxed()
          .sorted(Comparator.comparingDouble(expert -> -values[first + expert]))
          .limit(moe.expertsPerToken())
          .forEach(expert -> mask[first + expert] = 1);
    }
    NDArray chosen = Ops.mul(probabilities, scope.fromFloats(mask, mask.length / experts, experts));
    NDArray shares = chosen.div(chosen.sum(new int[] {1}, true));
    NDArray sum = tokens.zerosLike();
    for (int expert = 0; expert < experts; expert++) {
      int column = expert;
      long[] own =
          IntStream.range(0, mask.length / experts)
              .filter(token -> mask[token * experts + column] == 1)
              .asLongStream()
              .toArray();
      if (own.length > 0) {
        NDArray read = Ops.indexSelect(tokens, 0, longs(own));
        NDArray both = Ops.matmul(read, weights.get(name + "experts.gate_up_proj").get(expert));
        NDArray gate = Ops.silu(Ops.narrow(both, 1, 0, moe.intermediateSize()));
        NDArray up = Ops.narrow(both, 1, moe.intermediateSize(), moe.intermediateSize());
        NDArray out = Ops.matmul(gate.mul(up), weights.get(name + "experts.down_proj").get(expert));
        NDArray share = Ops.narrow(Ops.indexSelect(shares, 0, longs(own)), 1, expert, 1);
        sum = Ops.indexAdd(sum, 0, longs(own), Ops.mul(out, share));
      }
    }
    return sum.reshape(x.getShape());
  }

  private NDArray heads(String name, NDArray x, int heads) {
    return weights
        .linear(name, x)
        .reshape(batch.rows(), batch.length(), heads, config.text().headDim());
  }

  private @Nullable NDArray mask() {
    if (Arrays.stream(batch.attentionMask()).allMatch(token -> token == 1)) {
      return null;
    }
    int length = batch.length();
    float[] mask = new float[batch.rows() * length * length];
    for (int i = 0; i < mask.length; i++) {
      int row = i / length / length;
      int query = i / length % length;
      int key = i % length;
      boolean seen = key < query && batch.attentionMask()[row * length + key] == 1;
      mask[i] = seen || key == query ? 0 : Float.NEGATIVE_INFINITY;
    }
    return scope.fromFloats(mask, batch.rows(), 1, length, length);
  }

  private NDArray[] textRotary() {
    TextConfig text = config.text();
    int half = text.headDim() / 2;
    int tokens = batch.ids().length;
    float[] angles = new float[tokens * half];
    for (int i = 0; i < angles.length; i++) {
      int frequency = i % half;
      long position = batch.positionIds()[axis(text, frequency) * tokens + i / half];
      angles[i] = position * inverse(text.ropeTheta(), frequency, text.headDim());
    }
    NDArray[] cosSin = cosSin(angles, text.headDim());
    Shape shape = new Shape(batch.rows(), 1, batch.length(), text.headDim());
    return new NDArray[] {cosSin[0].reshape(shape), cosSin[1].reshape(shape)};
  }

  private static int axis(TextConfig text, int frequency) {
    List<Integer> sections = text.mropeSection();
    if (text.mropeInterleaved()) {
      int axis = frequency % 3;
      return frequency < 3 * sections.get(axis) ? axis : 0;
    }
    return frequency < sections.get(0) ? 0 : frequency < sections.get(0) + sections.get(1) ? 1 : 2;
  }

  private static float inverse(double theta, int frequency, int width) {
    return 1f / (float) Math.pow(theta, (float) (2 * frequency) / width);
  }

  /** Cosines and sines of angles [rows, width / 2], each twice side by side: [rows, width]. */
  private NDArray[] cosSin(float[] angles, int width) {
    int half = width / 2;
    long rows = angles.length / half;
    if (config.vision() instanceof Qwen25VisionConfig) {
      NDArray once = scope.fromFloats(angles, rows, half);
      NDArray twice = once.concat(once, -1);
      return new NDArray[] {twice.cos(), twice.sin()};
    }
    float[] cos = new float[2 * angles.length];
    float[] sin = new float[2 * angles.length];
    for (int i = 0; i < cos.length; i++) {
      float angle = angles[i / width * half + i % half];
      cos[i] = (float) Math.cos(angle);
      sin[i] = (float) Math.sin(angle);
    }
    return new NDArray[] {scope.fromFloats(cos, rows, width), scope.fromFloats(sin, rows, width)};
  }

  private NDArray vision(List<NDArray> deepstack) {
    VisionConfig vision = config.vision();
    List<Patch> patches = new ArrayList<>();
    int merge = vision.spatialMergeSize();
    for (Grid grid : batch.grids()) {
      for (int i = 0; i < grid.patches(); i++) {
        int inBlock = i % (merge * merge);
        int block = i / (merge * merge) % (grid.h() * grid.w() / merge / merge);
        int blocksOfRow = grid.w() / merge;
        patches.add(
            new Patch(
                grid,
                i / (grid.h() * grid.w()),
                block / blocksOfRow * merge + inBlock / merge,
                block % blocksOfRow * merge + inBlock % merge));
      }
    }
    NDArray pixels = scope.fromFloats(batch.pixels(), patches.size(), vision.patchValues());
    return vision instanceof Qwen25VisionConfig qwen25
        ? qwen25(qwen25, patches, pixels)
        : qwen3((Qwen3VisionConfig) vision, patches, pixels, deepstack);
  }

  private NDArray[] visionRotary(List<Patch> patches) {
    int width = config.vision().headDim();
    int quarter = width / 4;
    float[] angles = new float[patches.size() * width / 2];
    for (int i = 0; i < angles.length; i++) {
      Patch patch = patches.get(i / (2 * quarter));
      int at = i % (2 * quarter);
      int place = at < quarter ? patch.row() : patch.column();
      angles[i] = place * inverse(10000.0, at % quarter, width / 2);
    }
    return cosSin(angles, width);
  }

  /** Patches of each frame. */
  private List<Integer> frames() {
    List<Integer> sizes = new ArrayList<>();
    for (Grid grid : batch.grids()) {
      for (int frame = 0; frame < grid.t(); frame++) {
        sizes.add(grid.h() * grid.w());
      }
    }
    return sizes;
  }

  private NDArray qwen3(
      Qwen3VisionConfig vision, List<Patch> patches, NDArray pixels, List<NDArray> deepstack) {
    int width = vision.hiddenSize();
    int merged = vision.spatialMergeSize() * vision.spatialMergeSize() * width;
    NDArray kernel = weights.get(VISUAL + "patch_embed.proj.weight");
    NDArray x =
        Ops.linear(
                pixels,
                kernel.reshape(width, kernel.size() / width),
                weights.get(VISUAL + "patch_embed.proj.bias"))
            .add(learned(vision, patches));
    NDArray[] cosSin = visionRotary(patches);
    for (int block = 0; block < vision.depth(); block++) {
      String name = VISUAL + "blocks." + block + ".";
      NDArray middle = x.add(fused(vision, name, layerNorm(name + "norm1", x), cosSin));
      NDArray normed = layerNorm(name + "norm2", middle);
      NDArray inner = Ops.geluTanh(weights.linear(name + "mlp.linear_fc1", normed));
      x = middle.add(weights.linear(name + "mlp.linear_fc2", inner));
      if (vision.deepstackVisualIndexes().contains(block)) {
        String merger = VISUAL + "deepstack_merger_list." + deepstack.size() + ".";
        deepstack.add(merger(merger, layerNorm(merger + "norm", x.reshape(-1, merged))));
      }
    }
    String merger = VISUAL + "merger.";
    return merger(merger, layerNorm(merger + "norm", x).reshape(-1, merged));
  }

  private NDArray merger(String name, NDArray grouped) {
    NDArray inner = Ops.geluErf(weights.linear(name + "linear_fc1", grouped));
    return weights.linear(name + "linear_fc2", inner);
  }

  /** The learned position table, stretched over each picture and read bilinearly. */
  private NDArray learned(Qwen3VisionConfig vision, List<Patch> patches) {
    int side = vision.positionGridSide();
    int count = patches.size();
    long[] rows = new long[4 * count];
    float[] shares = new float[4 * count];
    for (int i = 0; i < count; i++) {
      Patch patch = patches.get(i);
      float y = stretched(patch.row(), patch.grid().h(), side);
      float x = stretched(patch.column(), patch.grid().w(), side);
      float down = y - (int) y;
      float over = x - (int) x;
      for (int corner = 0; corner < 4; corner++) {
        int row = Math.min((int) y + corner / 2, side - 1);
        int column = Math.min((int) x + corner % 2, side - 1);
        rows[corner * count + i] = (long) row * side + column;
        shares[corner * count + i] =
            (corner / 2 == 0 ? 1 - down : down) * (corner % 2 == 0 ? 1 - over : over);
      }
    }
    return Ops.embedding(weights.get(VISUAL + "pos_embed.weight"), scope.fromLongs(rows, 4, count))
        .mul(scope.fromFloats(shares, 4, count, 1))
        .sum(new int[] {0});
  }

  private static float stretched(int place, int count, int side) {
    return count == 1 ? 0 : (float) ((double) place * (side - 1) / (count - 1));
  }

  /** Attention within frames; equal neighbours are one batch of the kernel. */
  private NDArray fused(VisionConfig vision, String name, NDArray normed, NDArray[] cosSin) {
    int width = vision.headDim();
    NDArray qkv = weights.linear(name + "attn.qkv", normed);
    List<Integer> sizes = frames();
    NDList parts = new NDList();
    int frame = 0;
    long start = 0;
    while (frame < sizes.size()) {
      int size = sizes.get(frame);
      int equal = 1;
      while (frame + equal < sizes.size() && sizes.get(frame + equal) == size) {
        equal++;
      }
      long rows = (long) equal * size;
      Shape turned = new Shape(equal, 1, size, width);
      NDArray cos = Ops.narrow(cosSin[0], 0, start, rows).reshape(turned);
      NDArray sin = Ops.narrow(cosSin[1], 0, start, rows).reshape(turned);
      NDArray split =
          Ops.narrow(qkv, 0, start, rows)
              .reshape(equal, size, 3, vision.heads(), width)
              .transpose(2, 0, 3, 1, 4);
      NDArray query = Ops.rotary(split.get(0), cos, sin);
      NDArray key = Ops.rotary(split.get(1), cos, sin);
      double scale = 1 / Math.sqrt(width);
      parts.add(
          Ops.scaledDotProductAttention(query, key, split.get(2), null, false, scale, false)
              .transpose(0, 2, 1, 3)
              .reshape(rows, vision.hiddenSize()));
      frame += equal;
      start += rows;
    }
    return weights.linear(name + "attn.proj", joined(parts, 0));
  }

  private NDArray qwen25(Qwen25VisionConfig vision, List<Patch> patches, NDArray pixels) {
    int group = vision.spatialMergeSize() * vision.spatialMergeSize();
    long merged = (long) group * vision.hiddenSize();
    List<Integer> windows = new ArrayList<>();
    long[] order = windowOrder(vision, patches, group, windows);
    long[] inverse = new long[order.length];
    for (int i = 0; i < order.length; i++) {
      inverse[(int) order[i]] = i;
    }
    List<Patch> ordered = new ArrayList<>();
    for (long token : order) {
      ordered.addAll(patches.subList((int) token * group, ((int) token + 1) * group));
    }
    NDArray[] cosSin = visionRotary(ordered);
    NDArray kernel = weights.get(VISUAL + "patch_embed.proj.weight");
    Shape patch = new Shape(-1).addAll(kernel.getShape().slice(1));
    NDArray x = Ops.convolution(pixels.reshape(patch), kernel).reshape(-1, vision.hiddenSize());
    x = Ops.indexSelect(x.reshape(-1, merged), 0, longs(order)).reshape(-1, vision.hiddenSize());
    for (int block = 0; block < vision.depth(); block++) {
      String name = VISUAL + "blocks." + block + ".";
      List<Integer> sizes = vision.fullAttentionBlocks().contains(block) ? frames() : windows;
      NDArray middle =
          x.add(composed(vision, name, rmsNorm(name + "norm1", x, EPS), cosSin, sizes));
      x = middle.add(gatedMlp(name, rmsNorm(name + "norm2", middle, EPS)));
    }
    NDArray grouped = rmsNorm(VISUAL + "merger.ln_q", x, EPS).reshape(-1, merged);
    NDArray inner = Ops.geluErf(weights.linear(VISUAL + "merger.mlp.0", grouped));
    return Ops.indexSelect(weights.linear(VISUAL + "merger.mlp.2", inner), 0, longs(inverse));
  }

  /** Which merged token comes at each place if those of a window lie together. */
  private static long[] windowOrder(
      Qwen25VisionConfig vision, List<Patch> patches, int group, List<Integer> sizes) {
    int side = vision.windowSize() / vision.patchSize();
    List<List<Integer>> keys = new ArrayList<>();
    int picture = -1;
    for (int i = 0; i < patches.size(); i += group) {
      Patch patch = patches.get(i);
      boolean begins = patch.frame() == 0 && patch.row() == 0 && patch.column() == 0;
      picture += begins ? 1 : 0;
      keys.add(List.of(picture, patch.frame(), patch.row() / side, patch.column() / side));
    }
    Comparator<Integer> byWindow =
        Comparator.comparing((Integer i) -> keys.get(i).get(0))
            .thenComparing(i -> keys.get(i).get(1))
            .thenComparing(i -> keys.get(i).get(2))
            .thenComparing(i -> keys.get(i).get(3));
    List<Integer> order = IntStream.range(0, keys.size()).boxed().sorted(byWindow).toList();
    int size = 0;
    for (int i = 0; i < order.size(); i++) {
      size += group;
      if (i + 1 == order.size() || !keys.get(order.get(i)).equals(keys.get(order.get(i + 1)))) {
        sizes.add(size);
        size = 0;
      }
    }
    return order.stream().mapToLong(Integer::longValue).toArray();
  }

  /** Attention operator by operator, segment by segment, so many queries at once. */
  private NDArray composed(
      VisionConfig vision, String name, NDArray normed, NDArray[] cosSin, List<Integer> sizes) {
    int width = vision.headDim();
    NDArray cos = cosSin[0].reshape(-1, 1, width);
    NDArray sin = cosSin[1].reshape(-1, 1, width);
    NDArray split =
        weights
            .linear(name + "attn.qkv", normed)
            .reshape(-1, 3, vision.heads(), width)
            .transpose(1, 0, 2, 3);
    NDArray query = Ops.rotary(split.get(0), cos, sin).transpose(1, 0, 2);
    NDArray key = Ops.rotary(split.get(1), cos, sin).transpose(1, 2, 0);
    NDArray value = split.get(2).transpose(1, 0, 2);
    NDList parts = new NDList();
    long start = 0;
    for (int size : sizes) {
      NDArray keys = Ops.narrow(key, 2, start, size);
      NDArray values = Ops.narrow(value, 1, start, size);
      for (int first = 0; first < size; first += QUERIES) {
        NDArray queries = Ops.narrow(query, 1, start + first, Math.min(QUERIES, size - first));
        NDArray scores = Ops.times(Ops.matmul(queries, keys), 1 / Math.sqrt(width));
        parts.add(Ops.matmul(Ops.softmax(scores, -1), values));
      }
      start += size;
    }
    NDArray all = joined(parts, 1).transpose(1, 0, 2).reshape(-1, vision.hiddenSize());
    return weights.linear(name + "attn.proj", all);
  }

  private static NDArray joined(NDList parts, int axis) {
    return parts.size() == 1 ? parts.head() : NDArrays.concat(parts, axis);
  }

  private NDArray rmsNorm(String name, NDArray x, double eps) {
    return Ops.rmsNorm(x, weights.get(name + ".weight"), eps);
  }

  private NDArray layerNorm(String name, NDArray x) {
    return Ops.layerNorm(
        x, weights.get(name + ".weight"), weights.get(name + ".bias"), (float) EPS);
  }

  private NDArray longs(long[] values) {
    return scope.fromLongs(values, values.length);
  }
}
