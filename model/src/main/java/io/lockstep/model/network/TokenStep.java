package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.layer.CosSin;
import io.lockstep.model.layer.FeedForward;
import io.lockstep.model.layer.KvCache;
import io.lockstep.model.layer.TextRotary;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.SmallProducts;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One further token a row through the language model, on host memory: the same formulas as the
 * {@link Network}'s segments, computed in place and without a tensor for each of the several
 * hundred steps between. Only products of matrices leave Java. Its logits differ from the segments'
 * by the roundings of other orders of additions.
 *
 * <p>For float32 models without experts whose weights are not adapted. Shapes: B rows, H hidden
 * size, h heads, k key-value heads, d head size.
 */
public final class TokenStep implements AutoCloseable {

  private static final String LAYERS = Network.LANGUAGE + "layers.";

  private final ModelConfig model;
  private final TextConfig config;
  private final TextRotary rotary;
  private final KvCache cache;
  private final SmallProducts products;
  private final Arena arena = Arena.ofShared();
  private final int rows;
  private final int queries;
  private final int keys;
  private final List<Layer> layers = new ArrayList<>();
  private final Matrix table;
  private final Matrix head;
  private final float[] finalNorm;

  /** The residual stream [B, H]. */
  private final float[] hidden;

  /** What products read and write. */
  private final Buffer normed;

  private final Buffer query;
  private final Buffer key;
  private final Buffer value;
  private final Buffer attended;
  private final Buffer gate;
  private final Buffer up;
  private final Buffer added;
  private final Buffer scores;
  private final Buffer logits;

  /** A weight [out, in]. */
  private record Matrix(Buffer values, int out, int in) {}

  /** A linear layer with its bias, if it has one. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Linear(Matrix weight, float @Nullable [] bias) {}

  @SuppressWarnings("ArrayRecordComponent")
  private record Layer(
      float[] beforeAttention,
      Linear query,
      Linear key,
      Linear value,
      float @Nullable [] queryNorm,
      float @Nullable [] keyNorm,
      Linear output,
      float[] beforeFeedForward,
      Linear gate,
      Linear up,
      Linear down,
      Buffer keys,
      Buffer values) {}

  private TokenStep(
      ModelConfig model, Parameters weights, KvCache cache, int rows, SmallProducts products) {
    this.model = model;
    this.config = model.text();
    this.rotary = new TextRotary(config);
    this.cache = cache;
    this.products = products;
    this.rows = rows;
    queries = config.heads() * config.headDim();
    keys = config.kvHeads() * config.headDim();
    for (int i = 0; i < config.layers(); i++) {
      layers.add(layer(weights, i));
    }
    table = matrix(weights, Network.LANGUAGE + "embed_tokens.weight");
    head = model.tieWordEmbeddings() ? table : matrix(weights, "lm_head.weight");
    finalNorm = vector(weights, Network.LANGUAGE + "norm.weight");
    hidden = new float[rows * config.hiddenSize()];
    int inner = config.intermediateSize();
    normed = room(config.hiddenSize());
    query = room(queries);
    key = room(keys);
    value = room(keys);
    attended = room(queries);
    gate = room(inner);
    up = room(inner);
    added = room(config.hiddenSize());
    scores = room((long) config.heads() * cache.capacity());
    logits = room(config.vocabSize());
  }

  /**
   * A step for a cache that the prompt has filled, if it can be computed so.
   *
   * @param weights stay as they are as long as this is used
   * @param rows of the cache
   */
  static Optional<TokenStep> open(ModelConfig model, Weights weights, KvCache cache, int rows) {
    if (!(weights instanceof Parameters plain)
        || model.computeType() != Dtype.FLOAT32
        || !isPlain(model)
        || !plain.byName().values().stream().allMatch(TokenStep::isFloat32)) {
      return Optional.empty();
    }
    return SmallProducts.open().map(products -> new TokenStep(model, plain, cache, rows, products));
  }

  private static boolean isPlain(ModelConfig model) {
    for (int i = 0; i < model.text().layers(); i++) {
      if (!(model.feedForward(i) instanceof FeedForward.Gated)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isFloat32(NDArray array) {
    return Dtype.of(array) == Dtype.FLOAT32;
  }

  private Buffer room(long width) {
    return Buffer.onHost(arena, Dtype.FLOAT32, rows * width);
  }

  private Layer layer(Parameters weights, int i) {
    String prefix = LAYERS + i + ".";
    String attention = prefix + "self_attn.";
    String feedForward = prefix + "mlp.";
    return new Layer(
        vector(weights, prefix + "input_layernorm.weight"),
        linear(weights, attention + "q_proj"),
        linear(weights, attention + "k_proj"),
        linear(weights, attention + "v_proj"),
        config.queryKeyNorm() ? vector(weights, attention + "q_norm.weight") : null,
        config.queryKeyNorm() ? vector(weights, attention + "k_norm.weight") : null,
        linear(weights, attention + "o_proj"),
        vector(weights, prefix + "post_attention_layernorm.weight"),
        linear(weights, feedForward + "gate_proj"),
        linear(weights, feedForward + "up_proj"),
        linear(weights, feedForward + "down_proj"),
        cache.keys(i),
        cache.values(i));
  }

  private static Matrix matrix(Parameters weights, String name) {
    NDArray weight = weights.get(name);
    return new Matrix(
        Buffer.of(weight),
        Math.toIntExact(weight.getShape().get(0)),
        Math.toIntExact(weight.getShape().get(1)));
  }

  private static float[] vector(Parameters weights, String name) {
    return Buffer.of(weights.get(name)).floats().toArray();
  }

  private static Linear linear(Parameters weights, String name) {
    boolean hasBias = weights.find(name + ".bias") != null;
    return new Linear(
        matrix(weights, name + ".weight"), hasBias ? vector(weights, name + ".bias") : null);
  }

  /**
   * Logits of the token after the given ones, [B][V].
   *
   * @param tokens one for each row
   * @param positions of the tokens, equal on all three axes, [B]
   * @param visible which cached tokens each row sees, the new one included, [B, cache length + 1]
   */
  public float[][] next(long[] tokens, long[] positions, boolean[] visible) {
    float[] cos;
    float[] sin;
    try (Scope scope = Scope.open()) {
      CosSin angles = PassInputs.cosSinOfNext(model, rotary, scope, positions);
      cos = Buffer.of(angles.cos()).floats().toArray();
      sin = Buffer.of(angles.sin()).floats().toArray();
    }
    try (SmallProducts.Use use = products.begin()) {
      return logits(tokens, cos, sin, visible);
    }
  }

  private float[][] logits(long[] tokens, float[] cos, float[] sin, boolean[] visible) {
    int width = config.hiddenSize();
    for (int row = 0; row < rows; row++) {
      table.values().floats().copyTo(tokens[row] * width, hidden, row * width, width);
    }
    int place = cache.place(1);
    for (Layer layer : layers) {
      attend(layer, place, cos, sin, visible);
      feed(layer);
    }
    cache.advance();
    normalise(hidden, finalNorm);
    products.linear(head.values(), head.out(), head.in(), normed, rows, logits);
    float[][] all = new float[rows][head.out()];
    for (int row = 0; row < rows; row++) {
      logits.floats().copyTo((long) row * head.out(), all[row], 0, head.out());
    }
    return all;
  }

  /** Each row of x by the root of its mean square, times the weight, into {@link #normed}. */
  private void normalise(float[] x, float[] weight) {
    int width = weight.length;
    float[] scaled = new float[width];
    for (int row = 0; row < rows; row++) {
      int from = row * width;
      double factor = rootMeanSquareFactor(x, from, width);
      for (int i = 0; i < width; i++) {
        scaled[i] = (float) (x[from + i] * factor) * weight[i];
      }
      normed.floats().copyFrom(scaled, 0, width, from);
    }
  }

  private double rootMeanSquareFactor(float[] x, int from, int width) {
    double even = 0;
    double odd = 0;
    for (int i = 0; i < width - 1; i += 2) {
      even += (double) x[from + i] * x[from + i];
      odd += (double) x[from + i + 1] * x[from + i + 1];
    }
    if ((width & 1) == 1) {
      even += (double) x[from + width - 1] * x[from + width - 1];
    }
    return 1 / Math.sqrt((even + odd) / width + config.rmsNormEps());
  }

  private void apply(Linear linear, Buffer x, Buffer y) {
    Matrix weight = linear.weight();
    products.linear(weight.values(), weight.out(), weight.in(), x, rows, y);
    float[] bias = linear.bias();
    if (bias != null) {
      HostFloats sums = y.floats();
      for (int row = 0; row < rows; row++) {
        long from = (long) row * bias.length;
        for (int i = 0; i < bias.length; i++) {
          sums.set(from + i, sums.get(from + i) + bias[i]);
        }
      }
    }
  }

  private void addToHidden() {
    HostFloats values = added.floats();
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] += values.get(i);
    }
  }

  private void attend(Layer layer, int place, float[] cos, float[] sin, boolean[] visible) {
    normalise(hidden, layer.beforeAttention());
    apply(layer.query(), normed, query);
    apply(layer.key(), normed, key);
    apply(layer.value(), normed, value);
    turn(query, config.heads(), layer.queryNorm(), cos, sin);
    turn(key, config.kvHeads(), layer.keyNorm(), cos, sin);
    long begun = Spans.begin();
    products.each(rows * config.kvHeads(), each -> head(layer, each, place, visible));
    Spans.end(begun, Span.Kind.OPERATOR, Spans.ATTENTION, 0);
    apply(layer.output(), attended, added);
    addToHidden();
  }

  /** Normalises heads if the family does so, and turns them by their tokens' angles, in place. */
  private void turn(Buffer all, int heads, float @Nullable [] norm, float[] cos, float[] sin) {
    HostFloats values = all.floats();
    int width = config.headDim();
    int half = width / 2;
    float[] x = new float[width];
    float[] turned = new float[width];
    for (int row = 0; row < rows; row++) {
      int angles = row * width;
      for (int head = 0; head < heads; head++) {
        long from = ((long) row * heads + head) * width;
        values.copyTo(from, x, 0, width);
        if (norm != null) {
          double factor = rootMeanSquareFactor(x, 0, width);
          for (int i = 0; i < width; i++) {
            x[i] = (float) (x[i] * factor) * norm[i];
          }
        }
        for (int i = 0; i < half; i++) {
          turned[i] = x[i] * cos[angles + i] - x[i + half] * sin[angles + i];
          turned[i + half] = x[i + half] * cos[angles + i + half] + x[i] * sin[angles + i + half];
        }
        values.copyFrom(turned, 0, width, from);
      }
    }
  }

  /**
   * Keeps one head's key and value, and computes what its queries read.
   *
   * @param each row and key-value head
   */
  private void head(Layer layer, int each, int place, boolean[] visible) {
    int width = config.headDim();
    int group = config.heads() / config.kvHeads();
    long firstQuery = (long) each * group;
    int length = place + 1;
    int row = each / config.kvHeads();
    long headFloats = (long) cache.capacity() * width;
    Buffer keysOf = layer.keys().slice(each * headFloats, headFloats);
    Buffer valuesOf = layer.values().slice(each * headFloats, headFloats);
    keysOf.floats().copyFrom(key.floats(), (long) each * width, width, (long) place * width);
    valuesOf.floats().copyFrom(value.floats(), (long) each * width, width, (long) place * width);
    long groupFloats = (long) group * width;
    Buffer asked = query.slice(firstQuery * width, groupFloats);
    Buffer shares = scores.slice(firstQuery * cache.capacity(), (long) group * length);
    products.linearHere(keysOf, length, width, asked, group, shares);
    softmax(shares.floats(), group, length, visible, row * length);
    products.weighHere(
        shares, group, length, valuesOf, width, attended.slice(firstQuery * width, groupFloats));
  }

  private void softmax(
      HostFloats scores, int rowsOfScores, int length, boolean[] visible, int from) {
    float scale = (float) (1 / Math.sqrt(config.headDim()));
    float[] row = new float[length];
    for (int r = 0; r < rowsOfScores; r++) {
      long at = (long) r * length;
      scores.copyTo(at, row, 0, length);
      float most = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < length; i++) {
        row[i] = visible[from + i] ? row[i] * scale : Float.NEGATIVE_INFINITY;
        most = Math.max(most, row[i]);
      }
      double sum = 0;
      for (int i = 0; i < length; i++) {
        row[i] = (float) Math.exp(row[i] - most);
        sum += row[i];
      }
      float factor = (float) (1 / sum);
      for (int i = 0; i < length; i++) {
        row[i] *= factor;
      }
      scores.copyFrom(row, 0, length, at);
    }
  }

  private void feed(Layer layer) {
    normalise(hidden, layer.beforeFeedForward());
    apply(layer.gate(), normed, gate);
    apply(layer.up(), normed, up);
    int inner = config.intermediateSize();
    HostFloats gates = gate.floats();
    HostFloats ups = up.floats();
    products.each(
        rows,
        row -> {
          long from = (long) row * inner;
          for (int i = 0; i < inner; i++) {
            float opened = gates.get(from + i);
            float silu = opened / (float) (1 + Math.exp(-opened));
            gates.set(from + i, silu * ups.get(from + i));
          }
        });
    apply(layer.down(), gate, added);
    addToHidden();
  }

  @Override
  public void close() {
    products.close();
    arena.close();
  }
}
