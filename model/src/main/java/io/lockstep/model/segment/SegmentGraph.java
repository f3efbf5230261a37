package io.lockstep.model.segment;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.network.Segment;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** What a segment holds between forward and backward: its inputs, and its graph if it has one. */
final class SegmentGraph implements AutoCloseable {

  private final Segment segment;
  private final SegmentSpec spec;
  private final Scope held = Scope.lasting();
  private final List<NDArray> inputs;
  private final SequencedMap<Integer, NDArray> inputLeaves = new LinkedHashMap<>();
  private final SequencedMap<Integer, NDArray> weightLeaves = new LinkedHashMap<>();
  private final SequencedMap<String, NDArray> activations = new LinkedHashMap<>();
  private @Nullable NDArray output;

  /**
   * A segment that holds its inputs.
   *
   * @param inputs outputs of other segments; the graphs they come from are cut off
   */
  SegmentGraph(Segment segment, SegmentSpec spec, List<NDArray> inputs) {
    this.segment = segment;
    this.spec = spec;
    this.inputs = inputs.stream().map(input -> held.keep(Autograd.detach(input))).toList();
  }

  Segment segment() {
    return segment;
  }

  SegmentSpec spec() {
    return spec;
  }

  /** The inputs, cut off from any graph. */
  List<NDArray> inputs() {
    return inputs;
  }

  /** The output as the end of this segment's graph; null as long as there is no graph. */
  @Nullable NDArray output() {
    return output;
  }

  /** The input from a segment as a leaf of this segment's graph. */
  NDArray inputLeaf(int position) {
    return inputLeaves.computeIfAbsent(
        segment.inputs().get(position), _ -> held.keep(Autograd.leaf(inputs.get(position))));
  }

  /** A trained parameter as a leaf of this segment's graph. */
  NDArray weightLeaf(int slot, NDArray value) {
    return weightLeaves.computeIfAbsent(slot, _ -> held.keep(Autograd.leaf(value)));
  }

  /**
   * Holds the end of the graph, and what was heard on the way.
   *
   * @param heard activations that somebody reads besides the output, by name
   */
  NDArray finish(NDArray end, SequencedMap<String, NDArray> heard) {
    output = held.keep(end);
    heard.forEach((name, value) -> activations.put(name, held.keep(value)));
    return output;
  }

  /** What was heard on the way, as inner values of this segment's graph. */
  SequencedMap<String, NDArray> activations() {
    return activations;
  }

  /** Leaves of the inputs that need a gradient, by the segment they come from. */
  SequencedMap<Integer, NDArray> inputLeaves() {
    return inputLeaves;
  }

  /** Leaves of the trained parameters, by slot. */
  SequencedMap<Integer, NDArray> weightLeaves() {
    return weightLeaves;
  }

  @Override
  public void close() {
    held.close();
  }
}
