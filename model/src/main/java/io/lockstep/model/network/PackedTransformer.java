package io.lockstep.model.network;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.layer.CosSin;
import io.lockstep.model.layer.TextRotary;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.RowProducts;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The language model on further tokens of several sequences at once, without padding: every token
 * is a row, and only attention knows which sequence it belongs to. The formulas are those of the
 * {@link Network}'s segments, computed in place on host memory; the orders of additions are others.
 *
 * <p>What is computed of a token depends on its sequence up to it alone, to the bit: not on the
 * other sequences of a pass, on the parts that a sequence is computed in, or on the number of
 * threads. Products are {@link RowProducts}; everything else is computed row by row.
 *
 * <p>Used by one thread at a time. Shapes: N rows, H hidden size, h heads, k key-value heads, d
 * head size.
 */
public final class PackedTransformer implements AutoCloseable {

  /** Most tokens of one pass. */
  public static final int MOST_ROWS = 256;

  private final PackedWeights weights;
  private final boolean ownsWeights;
  private final ModelConfig model;
  private final TextConfig config;
  private final TextRotary rotary;
  private final RowProducts products;
  private final int queries;
  private final int keys;
  private final Arena arena = Arena.ofShared();
  private final ThreadLocal<HeadWorkspace> workspaces;
  private Rooms rooms;

  /** What products read and write, for so many rows. */
  private record Rooms(
      Arena arena,
      int rows,
      Buffer normed,
      Buffer projected,
      Buffer attended,
      Buffer gates,
      Buffer opened,
      Buffer added) {}

  /**
   * A transformer over packed weights.
   *
   * @param ownsWeights whether they are closed with it
   */
  PackedTransformer(PackedWeights weights, RowProducts products, boolean ownsWeights) {
    this.weights = weights;
    this.ownsWeights = ownsWeights;
    this.products = products;
    model = weights.model();
    config = model.text();
    rotary = new TextRotary(config);
    queries = config.heads() * config.headDim();
    keys = config.kvHeads() * config.headDim();
    workspaces = ThreadLocal.withInitial(() -> new HeadWorkspace(arena, config.headDim()));
    rooms = rooms(1);
  }

  private Rooms rooms(int rows) {
    Arena own = Arena.ofShared();
    int hidden = config.hiddenSize();
    return new Rooms(
        own,
        rows,
        room(own, rows, hidden),
        room(own, rows, queries + 2 * keys),
        room(own, rows, queries),
        room(own, rows, 2 * config.intermediateSize()),
        room(own, rows, config.intermediateSize()),
        room(own, rows, hidden));
  }

  private static Buffer room(Arena arena, int rows, int width) {
    return Buffer.onHost(arena, Dtype.FLOAT32, (long) rows * RowProducts.rounded(width));
  }

  /** An empty sequence with room for so many tokens. */
  public SequenceCache sequence(int capacity) {
    return new SequenceCache(config, capacity);
  }

  /**
   * Computes further tokens and keeps their keys and values.
   *
   * @param parts of different sequences, {@link #MOST_ROWS} tokens in all at most
   * @return logits [V] after the last token of each part that ends, in order
   * @throws IllegalStateException if a sequence has no room for its part; nothing is computed then
   */
  public List<float[]> pass(List<SequencePart> parts) {
    return pass(parts, (layer, part, hidden) -> {});
  }

  /** Sees the output of every layer, before DeepStack's features are added. */
  @FunctionalInterface
  public interface LayerListener {
    /**
     * Gets the output of a layer for one part.
     *
     * @param part its place among the parts
     * @param hidden gives a copy of it, [tokens, H]
     */
    void accept(int layer, int part, Supplier<float[]> hidden);
  }

  /** The same, with a listener. */
  public List<float[]> pass(List<SequencePart> parts, LayerListener listener) {
    int rows = parts.stream().mapToInt(SequencePart::size).sum();
    if (rows > MOST_ROWS) {
      throw new IllegalArgumentException(
          "%d tokens are more than %d of one pass".formatted(rows, MOST_ROWS));
    }
    parts.forEach(part -> part.cache().require(part.size()));
    if (rows > rooms.rows()) {
      rooms.arena().close();
      rooms = rooms(rows);
    }
    Angles angles = angles(parts, rows);
    try (RowProducts.Use use = products.begin()) {
      return compute(parts, rows, angles, listener);
    }
  }

  /** Cosines and sines of the rows, [N, d] each. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Angles(float[] cos, float[] sin) {}

  private Angles angles(List<SequencePart> parts, int rows) {
    long[] positions = new long[3 * rows];
    int row = 0;
    for (SequencePart part : parts) {
      for (int i = 0; i < part.size(); i++) {
        for (int axis = 0; axis < 3; axis++) {
          positions[axis * rows + row] = part.position(axis, i);
        }
        row++;
      }
    }
    try (Scope scope = Scope.open()) {
      CosSin all =
          CosSin.of(scope, rotary.angles(positions), config.headDim(), model.rotaryRounding());
      return new Angles(
          Buffer.of(all.cos()).floats().toArray(), Buffer.of(all.sin()).floats().toArray());
    }
  }

  private List<float[]> compute(
      List<SequencePart> parts, int rows, Angles angles, LayerListener listener) {
    float[] hidden = embedded(parts, rows);
    for (int i = 0; i < weights.layers().size(); i++) {
      PackedWeights.Layer layer = weights.layers().get(i);
      attend(layer, i, parts, rows, angles, hidden);
      feed(layer, rows, hidden);
      tell(listener, i, parts, hidden);
      addFeatures(i, parts, hidden);
    }
    parts.forEach(part -> part.cache().advance(part.size()));
    return logits(parts, hidden);
  }

  private void tell(LayerListener listener, int layer, List<SequencePart> parts, float[] hidden) {
    int width = config.hiddenSize();
    int at = 0;
    for (int part = 0; part < parts.size(); part++) {
      int from = at;
      int end = from + parts.get(part).size() * width;
      listener.accept(layer, part, () -> Arrays.copyOfRange(hidden, from, end));
      at = end;
    }
  }

  /** Rows of the embedding table, or of pictures' features at their placeholders. */
  private float[] embedded(List<SequencePart> parts, int rows) {
    int width = config.hiddenSize();
    float[] hidden = new float[rows * width];
    HostFloats table = weights.table().floats();
    int at = 0;
    for (SequencePart part : parts) {
      PictureFeatures features = part.features();
      int placeholder = part.firstFeature();
      for (int i = 0; i < part.size(); i++) {
        if (features != null && part.token(i) == model.imageTokenId()) {
          features.copyTo(placeholder, hidden, at);
          placeholder++;
        } else {
          table.copyTo((long) part.token(i) * width, hidden, at, width);
        }
        at += width;
      }
    }
    return hidden;
  }

  private void addFeatures(int layer, List<SequencePart> parts, float[] hidden) {
    int at = 0;
    for (SequencePart part : parts) {
      PictureFeatures features = part.features();
      int placeholder = part.firstFeature();
      for (int i = 0; i < part.size(); i++) {
        if (features != null && part.token(i) == model.imageTokenId()) {
          features.addAfter(layer, placeholder, hidden, at);
          placeholder++;
        }
        at += config.hiddenSize();
      }
    }
  }

  private List<float[]> logits(List<SequencePart> parts, float[] hidden) {
    int width = config.hiddenSize();
    int count = Math.toIntExact(parts.stream().filter(SequencePart::ends).count());
    if (count == 0) {
      return List.of();
    }
    float[] last = new float[count * width];
    int end = 0;
    int at = 0;
    for (SequencePart part : parts) {
      end += part.size();
      if (part.ends()) {
        System.arraycopy(hidden, (end - 1) * width, last, at, width);
        at += width;
      }
    }
    normalise(last, count, weights.finalNorm());
    int stride = weights.head().stride();
    List<float[]> all = new ArrayList<>();
    try (Arena own = Arena.ofShared()) {
      Buffer logits = Buffer.onHost(own, Dtype.FLOAT32, (long) count * stride);
      products.linear(weights.head(), rooms.normed(), count, logits);
      for (int row = 0; row < count; row++) {
        float[] values = new float[weights.head().out()];
        logits.floats().copyTo((long) row * stride, values, 0, values.length);
        all.add(values);
      }
    }
    return all;
  }

  /** Each row by the root of its mean square, times the weight, into the room for it. */
  private void normalise(float[] x, int rows, float[] weight) {
    int width = weight.length;
    HostFloats normed = rooms.normed().floats();
    products.each(
        rows,
        row -> {
          float[] scaled = new float[width];
          int from = row * width;
          double factor = rootMeanSquareFactor(x, from, width);
          for (int i = 0; i < width; i++) {
            scaled[i] = (float) (x[from + i] * factor) * weight[i];
          }
          normed.copyFrom(scaled, 0, width, from);
        });
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

  private void addToHidden(float[] hidden, int rows) {
    int width = config.hiddenSize();
    int stride = RowProducts.rounded(width);
    HostFloats added = rooms.added().floats();
    products.each(
        rows,
        row -> {
          float[] values = new float[width];
          added.copyTo((long) row * stride, values, 0, width);
          for (int i = 0; i < width; i++) {
            hidden[row * width + i] += values[i];
          }
        });
  }

  private void attend(
      PackedWeights.Layer layer,
      int index,
      List<SequencePart> parts,
      int rows,
      Angles angles,
      float[] hidden) {
    normalise(hidden, rows, layer.beforeAttention());
    products.linear(layer.projections(), rooms.normed(), rows, rooms.projected());
    products.each(rows, row -> prepare(layer, row, angles));
    int[] firstRows = new int[parts.size()];
    for (int i = 1; i < firstRows.length; i++) {
      firstRows[i] = firstRows[i - 1] + parts.get(i - 1).size();
    }
    int heads = config.kvHeads();
    long begun = Spans.begin();
    products.each(
        parts.size() * heads,
        each -> {
          int part = each / heads;
          attendHead(parts.get(part), firstRows[part], index, each % heads);
        });
    Spans.end(begun, Span.Kind.OPERATOR, Spans.ATTENTION, 0);
    products.linear(layer.output(), rooms.attended(), rows, rooms.added());
    addToHidden(hidden, rows);
  }

  /** Adds biases, normalises heads if the family does so, and turns queries and keys of a row. */
  private void prepare(PackedWeights.Layer layer, int row, Angles angles) {
    int width = queries + 2 * keys;
    long at = (long) row * layer.projections().stride();
    float[] x = new float[width];
    HostFloats projected = rooms.projected().floats();
    projected.copyTo(at, x, 0, width);
    float[] bias = layer.bias();
    if (bias != null) {
      for (int i = 0; i < width; i++) {
        x[i] += bias[i];
      }
    }
    int d = config.headDim();
    for (int head = 0; head < config.heads(); head++) {
      turn(x, head * d, layer.queryNorm(), angles, row * d);
    }
    for (int head = 0; head < config.kvHeads(); head++) {
      turn(x, queries + head * d, layer.keyNorm(), angles, row * d);
    }
    projected.copyFrom(x, 0, width, at);
  }

  private void turn(float[] x, int from, float @Nullable [] norm, Angles angles, int angle) {
    int d = config.headDim();
    int half = d / 2;
    if (norm != null) {
      double factor = rootMeanSquareFactor(x, from, d);
      for (int i = 0; i < d; i++) {
        x[from + i] = (float) (x[from + i] * factor) * norm[i];
      }
    }
    float[] cos = angles.cos();
    float[] sin = angles.sin();
    for (int i = 0; i < half; i++) {
      float first = x[from + i];
      float second = x[from + i + half];
      x[from + i] = first * cos[angle + i] - second * sin[angle + i];
      x[from + i + half] = second * cos[angle + i + half] + first * sin[angle + i + half];
    }
  }

  /** Keeps a part's keys and values of one head, and computes what that head's queries read. */
  private void attendHead(SequencePart part, int firstRow, int layer, int head) {
    SequenceCache cache = part.cache();
    int d = config.headDim();
    int stride = RowProducts.rounded(queries + 2 * keys);
    int group = config.heads() / config.kvHeads();
    HeadWorkspace workspace = workspaces.get();
    HostFloats projected = rooms.projected().floats();
    Buffer values = cache.values(layer, head);
    for (int i = 0; i < part.size(); i++) {
      int place = cache.length() + i;
      long key = (long) (firstRow + i) * stride + queries + (long) head * d;
      workspace.keepKey(projected, key, cache.keys(layer, head, place), place);
      values.floats().copyFrom(projected, key + keys, d, (long) place * cache.valueWidth());
    }
    long firstQuery = (long) firstRow * stride + (long) head * group * d;
    long firstOutput = (long) firstRow * queries + (long) head * group * d;
    if (part.size() == 1) {
      // All queries that read this head at once: they lie one after the other.
      workspace.attend(
          products,
          cache,
          layer,
          head,
          new HeadWorkspace.Queries(
              rooms.projected().slice(firstQuery, (long) group * d), d, group),
          0);
      for (int query = 0; query < group; query++) {
        workspace.copyOutput(query, rooms.attended(), firstOutput + (long) query * d);
      }
      return;
    }
    for (int query = 0; query < group; query++) {
      long from = firstQuery + (long) query * d;
      long span = (long) (part.size() - 1) * stride + d;
      workspace.attend(
          products,
          cache,
          layer,
          head,
          new HeadWorkspace.Queries(rooms.projected().slice(from, span), stride, part.size()),
          1);
      for (int i = 0; i < part.size(); i++) {
        long to = firstOutput + (long) i * queries + (long) query * d;
        workspace.copyOutput(i, rooms.attended(), to);
      }
    }
  }

  private void feed(PackedWeights.Layer layer, int rows, float[] hidden) {
    normalise(hidden, rows, layer.beforeFeedForward());
    products.linear(layer.gates(), rooms.normed(), rows, rooms.gates());
    int inner = config.intermediateSize();
    HostFloats gates = rooms.gates().floats();
    HostFloats opened = rooms.opened().floats();
    products.each(
        rows,
        row -> {
          float[] both = new float[2 * inner];
          gates.copyTo((long) row * layer.gates().stride(), both, 0, both.length);
          for (int i = 0; i < inner; i++) {
            float gate = both[i];
            both[i] = gate / (float) (1 + Math.exp(-gate)) * both[inner + i];
          }
          opened.copyFrom(both, 0, inner, (long) row * inner);
        });
    products.linear(layer.down(), rooms.opened(), rows, rooms.added());
    addToHidden(hidden, rows);
  }

  @Override
  public void close() {
    products.close();
    rooms.arena().close();
    arena.close();
    if (ownsWeights) {
      weights.close();
    }
  }
}
