package io.lockstep.model.generate;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Gives a listener the activations of rows that are computed alone, as those of one left-padded
 * batch: pictures' one after the other, layers' [B, T, H] with zeros at padded positions.
 */
final class JoinedActivations {

  private final ActivationListener listener;
  private final int rows;
  private final int width;
  private final Map<String, List<float[]>> tower = new LinkedHashMap<>();
  private final SortedMap<Integer, List<float[]>> mergers = new TreeMap<>();
  private final SortedMap<Integer, List<List<float[]>>> layers = new TreeMap<>();

  /**
   * For a batch.
   *
   * @param width hidden size of the language model
   */
  JoinedActivations(ActivationListener listener, int rows, int width) {
    this.listener = listener;
    this.rows = rows;
    this.width = width;
  }

  /** Collects what the tower computes of one row's pictures. */
  ActivationListener ofRow() {
    return new ActivationListener() {
      @Override
      public void accept(String name, NDArray activation) {
        tower.computeIfAbsent(name, _ -> new ArrayList<>()).add(values(activation));
      }

      @Override
      public void deepstack(int merger, NDArray activation) {
        mergers.computeIfAbsent(merger, _ -> new ArrayList<>()).add(values(activation));
      }
    };
  }

  private static float[] values(NDArray activation) {
    return Buffer.of(Ops.contiguous(activation)).toHost().floats().toArray();
  }

  /** Collects the output of a layer for further tokens of a row. */
  void add(int layer, int row, float[] tokens) {
    List<List<float[]>> all =
        layers.computeIfAbsent(
            layer,
            _ -> {
              List<List<float[]>> empty = new ArrayList<>();
              for (int i = 0; i < rows; i++) {
                empty.add(new ArrayList<>());
              }
              return empty;
            });
    all.get(row).add(tokens);
  }

  /**
   * Tells what was collected since the last time.
   *
   * @param towerWidth values of a patch in an output of the tower's blocks
   */
  void tell(int towerWidth) {
    try (Scope scope = Scope.open()) {
      tower.forEach((name, parts) ->
          listener.accept(
              name, joined(scope, parts, name.startsWith("vision_block") ? towerWidth : width)));
      mergers.forEach((merger, parts) -> listener.deepstack(merger, joined(scope, parts, width)));
      layers.forEach((layer, all) -> listener.accept("text_layer_" + layer, padded(scope, all)));
    }
    tower.clear();
    mergers.clear();
    layers.clear();
  }

  private static NDArray joined(Scope scope, List<float[]> parts, int columns) {
    float[] all = new float[length(parts)];
    copy(parts, all, 0);
    return scope.fromFloats(all, all.length / columns, columns);
  }

  private NDArray padded(Scope scope, List<List<float[]>> all) {
    int longest = all.stream().mapToInt(JoinedActivations::length).max().orElseThrow();
    float[] values = new float[Math.multiplyExact(rows, longest)];
    for (int row = 0; row < rows; row++) {
      List<float[]> parts = all.get(row);
      copy(parts, values, (row + 1) * longest - length(parts));
    }
    return scope.fromFloats(values, rows, longest / width, width);
  }

  private static int length(List<float[]> parts) {
    return parts.stream().mapToInt(part -> part.length).sum();
  }

  private static void copy(List<float[]> parts, float[] into, int at) {
    int place = at;
    for (float[] part : parts) {
      System.arraycopy(part, 0, into, place, part.length);
      place += part.length;
    }
  }
}
