package io.lockstep.tensor;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * One pre-norm decoder block with its embedding and head, on one flat parameter buffer, trained on
 * counting sequences.
 */
final class TinyTransformer implements AutoCloseable {

  private static final double EPS = 1e-6;

  private final Scope scope = Scope.lasting();
  private final int batch;
  private final int positions;
  private final int heads;
  private final int width;
  private final int vocabulary;
  private final Map<String, long[]> shapes = new TreeMap<>();
  private final Map<String, Long> starts = new TreeMap<>();
  private final NDArray ids;
  private final NDArray labels;
  private final NDArray cos;
  private final NDArray sin;
  private final NDArray m;
  private final NDArray v;
  final NDArray params;
  final NDArray grads;

  TinyTransformer(int batch, int positions, int heads, int width, int vocabulary) {
    this.batch = batch;
    this.positions = positions;
    this.heads = heads;
    this.width = width;
    this.vocabulary = vocabulary;
    long count = layOut();
    params = Tensors.random(scope, 1, count);
    var _ = params.muli(0.05);
    grads = scope.zeros(Dtype.FLOAT32, count);
    m = scope.zeros(Dtype.FLOAT32, count);
    v = scope.zeros(Dtype.FLOAT32, count);
    long[] tokens = new long[batch * positions];
    long[] next = new long[batch * positions];
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < positions; t++) {
        tokens[b * positions + t] = (7L * b + (long) t * (b + 1)) % vocabulary;
        next[b * positions + t] = t < 2 ? -100 : (7L * b + (t + 1L) * (b + 1)) % vocabulary;
      }
    }
    ids = scope.fromLongs(tokens, batch, positions);
    labels = scope.fromLongs(next, (long) batch * positions);
    int headWidth = width / heads;
    float[] c = new float[positions * headWidth];
    float[] s = new float[positions * headWidth];
    for (int t = 0; t < positions; t++) {
      for (int i = 0; i < headWidth; i++) {
        double angle = t * Math.pow(10_000, -2.0 * (i % (headWidth / 2)) / headWidth);
        c[t * headWidth + i] = (float) Math.cos(angle);
        s[t * headWidth + i] = (float) Math.sin(angle);
      }
    }
    cos = scope.fromFloats(c, positions, headWidth);
    sin = scope.fromFloats(s, positions, headWidth);
  }

  private long layOut() {
    shapes.put("embedding", new long[] {vocabulary, width});
    for (String name : List.of("q", "k", "v", "o")) {
      shapes.put(name, new long[] {width, width});
    }
    shapes.put("gate", new long[] {4L * width, width});
    shapes.put("up", new long[] {4L * width, width});
    shapes.put("down", new long[] {width, 4L * width});
    for (String name : List.of("norm1", "norm2", "norm3")) {
      shapes.put(name, new long[] {width});
    }
    long count = 0;
    for (var entry : shapes.entrySet()) {
      starts.put(entry.getKey(), count);
      count += size(entry.getValue());
    }
    return count;
  }

  private static <T> T at(Map<String, T> map, String name) {
    return Objects.requireNonNull(map.get(name), name);
  }

  private static long size(long[] shape) {
    long size = 1;
    for (long dimension : shape) {
      size *= dimension;
    }
    return size;
  }

  private NDArray view(NDArray flat, String name) {
    long[] shape = at(shapes, name);
    return Ops.narrow(flat, 0, at(starts, name), size(shape)).reshape(shape);
  }

  /** Fills the flat gradients for the whole batch and returns the mean loss. */
  float computeGradients() {
    try (var _ = Scope.open()) {
      Map<String, NDArray> leaves = new TreeMap<>();
      shapes.keySet().forEach(name -> leaves.put(name, Autograd.leaf(view(params, name))));
      NDArray loss = Autograd.recording(() -> loss(leaves));
      Autograd.backward(loss, null);
      leaves.forEach((name, leaf) -> Ops.copyInto(view(grads, name), Autograd.gradient(leaf)));
      return loss.getFloat() / countedLabels();
    }
  }

  float step(int number) {
    float loss = computeGradients();
    AdamW.Hyper hyper = new AdamW.Hyper(3e-3, 0.9, 0.99, 1e-8, 0.01, number);
    AdamW.step(
        Buffer.of(params),
        Buffer.of(grads),
        Buffer.of(m),
        Buffer.of(v),
        hyper,
        1f / countedLabels());
    return loss;
  }

  private int countedLabels() {
    return batch * (positions - 2);
  }

  private NDArray loss(Map<String, NDArray> w) {
    NDArray x = Ops.embedding(at(w, "embedding"), ids);
    NDArray a = Ops.rmsNorm(x, Ops.plus(at(w, "norm1"), 1), EPS);
    NDArray q = Ops.rotary(split(Ops.linear(a, at(w, "q"), null)), cos, sin);
    NDArray k = Ops.rotary(split(Ops.linear(a, at(w, "k"), null)), cos, sin);
    NDArray values = split(Ops.linear(a, at(w, "v"), null));
    double scale = 1 / Math.sqrt((double) width / heads);
    NDArray mixed = Ops.scaledDotProductAttention(q, k, values, null, true, scale, false);
    NDArray joined = mixed.transpose(0, 2, 1, 3).reshape(batch, positions, width);
    x = x.add(Ops.linear(joined, at(w, "o"), null));
    NDArray b = Ops.rmsNorm(x, Ops.plus(at(w, "norm2"), 1), EPS);
    NDArray gated =
        Ops.mul(Ops.silu(Ops.linear(b, at(w, "gate"), null)), Ops.linear(b, at(w, "up"), null));
    x = x.add(Ops.linear(gated, at(w, "down"), null));
    NDArray last = Ops.rmsNorm(x, Ops.plus(at(w, "norm3"), 1), EPS);
    NDArray logits =
        Ops.linear(last, at(w, "embedding"), null).reshape((long) batch * positions, vocabulary);
    return Ops.crossEntropySum(logits, labels, -100);
  }

  private NDArray split(NDArray x) {
    return x.reshape(batch, positions, heads, width / heads).transpose(0, 2, 1, 3);
  }

  int managedTensors() {
    return scope.manager().getManagedArrays().size();
  }

  @Override
  public void close() {
    scope.close();
  }
}
