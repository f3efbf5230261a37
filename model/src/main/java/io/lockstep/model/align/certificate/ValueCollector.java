package io.lockstep.model.align.certificate;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.network.Network;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/** Gathers the selected rows of one probe, row by row, from wherever a path computes them. */
final class ValueCollector {

  private final EncodedProbe probe;
  private final Selection selection;
  private final SequencedMap<String, float[]> layers = new LinkedHashMap<>();
  private float[] logits = new float[0];
  private double loss;
  private int detectionRows;

  ValueCollector(EncodedProbe probe, Selection selection) {
    this.probe = probe;
    this.selection = selection;
  }

  /** Takes the rows of patches or merged tokens; the probe's own begin at {@code first}. */
  void vision(String name, NDArray activation, int firstPatch, int mergedPatches) {
    boolean merged = name.equals("vision_merger");
    int first = merged ? firstPatch / mergedPatches : firstPatch;
    int row = 0;
    for (int wanted : merged ? selection.merged() : selection.patches()) {
      int rows = merged ? selection.merged().size() : selection.patches().size();
      copy(name, activation, first + (long) wanted, row++, rows);
    }
  }

  /** Takes the output of a text layer at one position of the probe, if it is selected. */
  void text(String name, NDArray activation, long flatRow, int position) {
    int row = selection.positions().indexOf(position);
    if (row >= 0) {
      copy(name, activation, flatRow, row, selection.positions().size());
    }
  }

  /**
   * Takes what a detection head predicts of the probe's picture, all its queries.
   *
   * @param values of the whole batch, in which the probe has this row
   */
  void detections(float[] values, int row, DetectionConfig head) {
    int size = head.queries() * head.outputs();
    layers.put(Network.DETECTIONS, Arrays.copyOfRange(values, row * size, (row + 1) * size));
    detectionRows = head.queries();
  }

  /** Takes the logits [V] after one position of the probe. */
  void logits(float[] values, int position) {
    if (logits.length == 0) {
      logits = new float[selection.positions().size() * values.length];
    }
    int row = selection.positions().indexOf(position);
    if (row >= 0) {
      System.arraycopy(values, 0, logits, row * values.length, values.length);
    }
    loss += crossEntropy(values, probe.sample().tokens()[position + 1]);
  }

  private void copy(String name, NDArray activation, long from, int row, int rows) {
    NDArray source = Ops.contiguous(Ops.as(activation, Dtype.FLOAT32));
    long[] shape = source.getShape().getShape();
    int width = Math.toIntExact(shape[shape.length - 1]);
    float[] values = layers.computeIfAbsent(name, key -> new float[rows * width]);
    Buffer.of(source)
        .slice(from * width, width)
        .toHost()
        .floats()
        .copyTo(0, values, row * width, width);
  }

  private static double crossEntropy(float[] logits, int token) {
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - most);
    }
    return most + Math.log(sum) - logits[token];
  }

  ProbeValues finish() {
    int positions = selection.positions().size();
    SequencedMap<String, Floats> rows = new LinkedHashMap<>();
    layers.forEach((name, values) -> {
      int count = rowsOf(name);
      rows.put(name, Floats.of(values, count, values.length / count));
    });
    return new ProbeValues(
        rows,
        Floats.of(logits, positions, logits.length / positions),
        loss / probe.answerPositions());
  }

  private int rowsOf(String name) {
    if (name.equals(Network.DETECTIONS)) {
      return detectionRows;
    }
    if (name.startsWith("text_")) {
      return selection.positions().size();
    }
    return name.equals("vision_merger") ? selection.merged().size() : selection.patches().size();
  }
}
