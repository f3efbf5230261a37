package io.lockstep.model.segment;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.align.TeacherForced;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.Tuned;
import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.network.Segment;
import io.lockstep.model.network.Segmentation;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.segment.SegmentWeights.Pass;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One batch on its way through the segments and back.
 *
 * <p>The gradient of a value that several segments read is the sum of what each of them gives, as
 * in one graph over all of them. That sum has two parts at most (a block's next block and
 * DeepStack's merger; the tied table's head and embedding), so that its order does not matter.
 */
final class SegmentedPass implements AutoCloseable {

  private final Tuned tuned;
  private final List<ParameterLayout.Slot> slots;
  private final List<SegmentSpec> specs;
  private final boolean recomputes;
  private final SegmentWeights source;
  private final SeededDropout.Pass draw;
  private final Targets targets;
  private final GroupFigures groups;
  private final List<Segment> segments;
  private final CurrentWeights current = new CurrentWeights();
  private final Scope live = Scope.lasting();
  private final Map<Integer, NDArray> outputs = new LinkedHashMap<>();
  private final Map<Integer, Recording> recordings = new LinkedHashMap<>();
  private final Map<Integer, NDArray> outputGradients = new LinkedHashMap<>();
  private final Map<Integer, NDArray> sharedGradients = new LinkedHashMap<>();
  private double loss;
  private long correct;

  /**
   * A pass that has not begun.
   *
   * @param scope holds what depends on the batch alone; open until the pass is closed
   * @param groupOfTarget the group of each target; empty for none
   */
  SegmentedPass(
      ModelConfig config,
      Tuned tuned,
      List<SegmentSpec> specs,
      boolean recomputes,
      SegmentWeights source,
      SeededDropout.Pass draw,
      Scope scope,
      Batch batch,
      Targets targets,
      int[] groupOfTarget) {
    this.tuned = tuned;
    this.slots = tuned.trained().layout().slots();
    this.specs = specs;
    this.recomputes = recomputes;
    this.source = source;
    this.draw = draw;
    this.targets = targets;
    this.groups = new GroupFigures(targets, groupOfTarget);
    VisionLanguageModel network = new VisionLanguageModel(config, current);
    segments = new ArrayList<>(network.segments(scope, batch));
    int last = segments.getLast().index();
    segments.add(
        new Segment(
            new Segmentation(config).indexOf(Segmentation.HEAD),
            List.of(last),
            inputs -> head(scope, network, inputs.getFirst())));
  }

  /** The loss of hidden states. */
  private NDArray head(Scope scope, VisionLanguageModel network, NDArray hidden_BTH) {
    NDArray logits_NV = TeacherForced.logits(scope, network, hidden_BTH, targets);
    Autograd.inference(() -> {
      long[] predicted = Ops.argmax(logits_NV, 1).toLongArray();
      for (int i = 0; i < predicted.length; i++) {
        correct += predicted[i] == targets.labels()[i] ? 1 : 0;
      }
      groups.count(logits_NV, predicted);
    });
    return TeacherForced.lossSum(scope, logits_NV, targets);
  }

  SegmentedModel.Outcome outcome() {
    return new SegmentedModel.Outcome(loss, targets.count(), correct, groups.outcomes(loss));
  }

  /** Computes the loss; what going back needs stays. */
  void forward() {
    int[] lastReaders = new int[specs.size()];
    segments.forEach(
        segment -> segment.inputs().forEach(input -> lastReaders[input] = segment.index()));
    for (Segment segment : segments) {
      NDArray output = forward(segment);
      outputs.put(segment.index(), output);
      for (int input : segment.inputs()) {
        if (lastReaders[input] == segment.index()) {
          Objects.requireNonNull(outputs.remove(input)).close();
        }
      }
    }
    loss = Objects.requireNonNull(outputs.get(segments.getLast().index())).getFloat();
  }

  /** Computes a segment; its output belongs to {@link #live}. */
  private NDArray forward(Segment segment) {
    SegmentSpec spec = specs.get(segment.index());
    List<NDArray> inputs =
        segment.inputs().stream().map(input -> Objects.requireNonNull(outputs.get(input))).toList();
    boolean differentiable =
        spec.trains() || segment.inputs().stream().anyMatch(recordings::containsKey);
    if (!differentiable) {
      return plain(segment, spec, inputs);
    }
    try (Scope scope = Scope.open()) {
      Recording recording = new Recording(segment, spec, inputs);
      recordings.put(segment.index(), recording);
      boolean isHead = segment.equals(segments.getLast());
      if (recomputes && !isHead) {
        return plain(segment, spec, inputs);
      }
      return live.keep(Autograd.detach(record(recording, Pass.FORWARD)));
    }
  }

  /** Computes a segment without a graph. */
  private NDArray plain(Segment segment, SegmentSpec spec, List<NDArray> inputs) {
    try (Scope scope = Scope.open()) {
      Weights values = source.enter(spec, Pass.FORWARD);
      Map<String, NDArray> trained = new LinkedHashMap<>();
      reads(spec).forEach(slot -> trained.put(name(slot), values.get(name(slot))));
      NDArray output =
          compute(
              scope, trained, () -> Autograd.inference(() -> segment.computation().apply(inputs)));
      source.leave(spec, Pass.FORWARD);
      return live.keep(output);
    }
  }

  /** Computes a segment with a graph, and returns its end. */
  private NDArray record(Recording recording, Pass pass) {
    SegmentSpec spec = recording.spec();
    Segment segment = recording.segment();
    try (Scope scope = Scope.open()) {
      Weights values = source.enter(spec, pass);
      Map<String, NDArray> leaves = new LinkedHashMap<>();
      reads(spec)
          .forEach(
              slot -> leaves.put(name(slot), recording.weightLeaf(slot, values.get(name(slot)))));
      List<NDArray> inputs = new ArrayList<>();
      for (int i = 0; i < segment.inputs().size(); i++) {
        inputs.add(
            recordings.containsKey(segment.inputs().get(i))
                ? recording.inputLeaf(i)
                : recording.inputs().get(i));
      }
      return recording.finish(
          compute(
              scope, leaves, () -> Autograd.recording(() -> segment.computation().apply(inputs))));
    }
  }

  private NDArray compute(
      Scope scope, Map<String, NDArray> trained, Supplier<NDArray> computation) {
    current.set(tuned.recorded(scope, trained, new SeededDropout(scope, tuned.dropout(), draw)));
    try {
      return computation.get();
    } finally {
      current.set(null);
    }
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
      try (Recording recording = recordings.remove(spec.index());
          Scope scope = Scope.open()) {
        sink.accept(spec, recording == null ? List.of() : backward(recording));
      }
    }
  }

  /** Walks a segment's graph; the gradients of its own slots belong to the innermost scope. */
  private List<NDArray> backward(Recording recording) {
    SegmentSpec spec = recording.spec();
    Pass pass = recording.output() == null ? Pass.BACKWARD : Pass.FORWARD;
    NDArray end = recording.output();
    if (end == null) {
      end = record(recording, pass);
    }
    NDArray gradient = outputGradients.remove(spec.index());
    Autograd.backward(end, gradient);
    if (gradient != null) {
      gradient.close();
    }
    recording
        .inputLeaves()
        .forEach((index, leaf) -> add(outputGradients, index, Autograd.gradient(leaf)));
    spec.sharedSlots().forEach(slot -> add(sharedGradients, slot, gradientOf(recording, slot)));
    List<NDArray> own = new ArrayList<>();
    for (int slot = spec.firstSlot(); slot < spec.endSlot(); slot++) {
      NDArray part = gradientOf(recording, slot);
      NDArray shared = sharedGradients.remove(slot);
      own.add(shared == null ? part : shared.add(part));
      if (shared != null) {
        shared.close();
      }
    }
    source.leave(spec, pass);
    return own;
  }

  private static NDArray gradientOf(Recording recording, int slot) {
    return Autograd.gradient(Objects.requireNonNull(recording.weightLeaves().get(slot)));
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
    recordings.values().forEach(Recording::close);
    live.close();
  }
}
