package io.lockstep.model.segment;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.TrainableModel;
import io.lockstep.model.network.Network;
import io.lockstep.model.network.PassInputs;
import io.lockstep.model.network.Prediction;
import io.lockstep.model.network.Segment;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.objective.ObjectiveSums;
import io.lockstep.model.objective.ObjectiveSums.Judged;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.segment.SegmentWeights.Pass;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One batch on its way through the segments and back.
 *
 * <p>The gradient of a value that several segments read is the sum of what each of them gives, as
 * in one graph over all of them. That sum has two parts at most (a block's next block and
 * DeepStack's merger; the tied table's head and embedding), so that its order does not matter.
 */
final class SegmentedPass implements AutoCloseable {

  private final TrainableModel trainable;
  private final List<ParameterLayout.Slot> slots;
  private final List<SegmentSpec> specs;
  private final boolean recomputes;
  private final SegmentWeights source;
  private final SeededDropout.Pass draw;
  private final Objective objective;
  private final int[] groupOfTarget;
  private final PassInputs inputs;
  private final List<Segment> segments;
  private final Scope live = Scope.lasting();
  private final Map<Integer, SegmentGraph> graphs = new LinkedHashMap<>();
  private final Map<Integer, NDArray> outputGradients = new LinkedHashMap<>();
  private final Map<Integer, NDArray> sharedGradients = new LinkedHashMap<>();
  private final SortedMap<Integer, ObjectiveSums> groups = new TreeMap<>();
  private ObjectiveSums total = ObjectiveSums.NONE;

  /**
   * A pass that has not begun.
   *
   * @param scope holds what depends on the batch alone; open until the pass is closed
   * @param groupOfTarget the group of each target; empty for none
   */
  SegmentedPass(
      Network network,
      TrainableModel trainable,
      List<SegmentSpec> specs,
      boolean recomputes,
      Objective objective,
      SegmentWeights source,
      SeededDropout.Pass draw,
      Scope scope,
      Batch batch,
      Targets targets,
      int[] groupOfTarget) {
    this.trainable = trainable;
    this.slots = trainable.trained().layout().slots();
    this.specs = specs;
    this.recomputes = recomputes;
    this.source = source;
    this.draw = draw;
    this.objective = objective;
    this.groupOfTarget = groupOfTarget;
    inputs = network.inputs(scope, batch, null, VisionLanguageModel.NO_PROBE);
    segments = new ArrayList<>(network.segments(inputs));
    Segment head = segments.removeLast();
    segments.add(
        head.computing((weights, pass, read) ->
            judge(network.prediction(scope, weights, read.getFirst(), targets))));
  }

  /**
   * What is differentiated. Groups are told apart beside the graph: what is learned has the same
   * bits with and without them.
   */
  private NDArray judge(Prediction prediction) {
    Judged judged = Judged.of(objective, prediction);
    total = judged.sums();
    int[] present = Arrays.stream(groupOfTarget).sorted().distinct().toArray();
    for (int group : present) {
      groups.put(
          group,
          present.length == 1
              ? total
              : Autograd.inference(
                  () -> Judged.of(objective, prediction.of(group, groupOfTarget)).sums()));
    }
    return judged.total();
  }

  SegmentedModel.Outcome outcome() {
    return new SegmentedModel.Outcome(total, groups);
  }

  /** Computes what is minimised; what going back needs stays. */
  void forward() {
    Segment.walk(segments, this::forward).close();
  }

  /** Computes a segment; its output belongs to {@link #live}. */
  private NDArray forward(Segment segment, List<NDArray> read) {
    SegmentSpec spec = specs.get(segment.index());
    boolean differentiable =
        spec.trains() || segment.inputs().stream().anyMatch(graphs::containsKey);
    if (!differentiable) {
      return plain(segment, spec, read);
    }
    try (Scope scope = Scope.open()) {
      SegmentGraph graph = new SegmentGraph(segment, spec, read);
      graphs.put(segment.index(), graph);
      boolean isHead = segment.index() == segments.getLast().index();
      if (recomputes && !isHead) {
        return plain(segment, spec, read);
      }
      return live.keep(Autograd.detach(record(graph, Pass.FORWARD)));
    }
  }

  /** Computes a segment without a graph. */
  private NDArray plain(Segment segment, SegmentSpec spec, List<NDArray> read) {
    try (Scope scope = Scope.open()) {
      Weights values = source.enter(spec, Pass.FORWARD);
      Map<String, NDArray> trained = new LinkedHashMap<>();
      reads(spec).forEach(slot -> trained.put(name(slot), values.get(name(slot))));
      Weights weights = weights(scope, trained);
      NDArray output = Autograd.inference(() -> segment.computation().apply(weights, inputs, read));
      source.leave(spec, Pass.FORWARD);
      return live.keep(output);
    }
  }

  /** Computes a segment with a graph, and returns its end. */
  private NDArray record(SegmentGraph graph, Pass pass) {
    SegmentSpec spec = graph.spec();
    Segment segment = graph.segment();
    try (Scope scope = Scope.open()) {
      Weights values = source.enter(spec, pass);
      Map<String, NDArray> leaves = new LinkedHashMap<>();
      reads(spec)
          .forEach(slot -> leaves.put(name(slot), graph.weightLeaf(slot, values.get(name(slot)))));
      List<NDArray> read = new ArrayList<>();
      for (int i = 0; i < segment.inputs().size(); i++) {
        read.add(
            graphs.containsKey(segment.inputs().get(i))
                ? graph.inputLeaf(i)
                : graph.inputs().get(i));
      }
      Weights weights = weights(scope, leaves);
      return graph.finish(
          Autograd.recording(() -> segment.computation().apply(weights, inputs, read)));
    }
  }

  /** The weights that a segment is computed with. */
  private Weights weights(Scope scope, Map<String, NDArray> trained) {
    return trainable.recorded(scope, trained, new SeededDropout(scope, trainable.dropout(), draw));
  }

  private List<Integer> reads(SegmentSpec spec) {
    List<Integer> read = new ArrayList<>(spec.sharedSlots());
    for (int slot = spec.firstSlot(); slot < spec.endSlot(); slot++) {
      read.add(slot);
    }
    return read;
  }

  private String name(int slot) {
    return slots.get(slot).spec().name();
  }

  /**
   * Computes the gradients, once; a segment's graph is freed before the one before it is walked.
   */
  void backward(GradientSink sink) {
    for (SegmentSpec spec : specs.reversed()) {
      try (SegmentGraph graph = graphs.remove(spec.index());
          Scope scope = Scope.open()) {
        sink.accept(spec, graph == null ? List.of() : backward(graph));
      }
    }
  }

  /** Walks a segment's graph; the gradients of its own slots belong to the innermost scope. */
  private List<NDArray> backward(SegmentGraph graph) {
    SegmentSpec spec = graph.spec();
    Pass pass = graph.output() == null ? Pass.BACKWARD : Pass.FORWARD;
    NDArray end = graph.output();
    if (end == null) {
      end = record(graph, pass);
    }
    NDArray gradient = outputGradients.remove(spec.index());
    Autograd.backward(end, gradient);
    if (gradient != null) {
      gradient.close();
    }
    graph
        .inputLeaves()
        .forEach((index, leaf) -> add(outputGradients, index, Autograd.gradient(leaf)));
    spec.sharedSlots().forEach(slot -> add(sharedGradients, slot, gradientOf(graph, slot)));
    List<NDArray> own = new ArrayList<>();
    for (int slot = spec.firstSlot(); slot < spec.endSlot(); slot++) {
      NDArray part = gradientOf(graph, slot);
      NDArray shared = sharedGradients.remove(slot);
      own.add(shared == null ? part : shared.add(part));
      if (shared != null) {
        shared.close();
      }
    }
    source.leave(spec, pass);
    return own;
  }

  private static NDArray gradientOf(SegmentGraph graph, int slot) {
    return Autograd.gradient(Objects.requireNonNull(graph.weightLeaves().get(slot)));
  }

  private void add(Map<Integer, NDArray> sums, int key, NDArray gradient) {
    @Nullable NDArray before = sums.get(key);
    if (before == null) {
      sums.put(key, live.keep(gradient));
    } else {
      sums.put(key, live.keep(before.add(gradient)));
      before.close();
    }
  }

  @Override
  public void close() {
    graphs.values().forEach(SegmentGraph::close);
    live.close();
  }
}
