package io.lockstep.model.segment;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.TrainableModel;
import io.lockstep.model.network.ActivationListener;
import io.lockstep.model.network.Network;
import io.lockstep.model.network.PassInputs;
import io.lockstep.model.network.Prediction;
import io.lockstep.model.network.Segment;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.objective.Activations;
import io.lockstep.model.objective.Judge;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.objective.ObjectiveSums;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.segment.SegmentWeights.Pass;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
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

  private final TrainableModel trainable;
  private final List<ParameterLayout.Slot> slots;
  private final List<SegmentSpec> specs;
  private final boolean recomputes;
  private final SegmentWeights source;
  private final SeededDropout.Pass draw;
  private final Network network;
  private final Scope scope;
  private final Batch batch;
  private final Targets targets;
  private final Judge judge;
  private final int[] groupOfTarget;

  /** The only group of the pass whose figures are those of the whole; -1 if there is none. */
  private final int onlyGroup;

  private final PassInputs inputs;
  private final List<Segment> segments;
  private final Scope live = Scope.lasting();
  private final Map<Integer, SegmentGraph> graphs = new LinkedHashMap<>();
  private final Map<Integer, NDArray> outputGradients = new LinkedHashMap<>();
  private final Map<Integer, NDArray> sharedGradients = new LinkedHashMap<>();
  private final Set<String> wanted;
  private final Map<String, Heard> heard = new LinkedHashMap<>();
  private final SequencedMap<String, NDArray> ofSegment = new LinkedHashMap<>();
  private final SortedMap<Integer, ObjectiveSums> groups = new TreeMap<>();
  private final SortedMap<Integer, KindCounts> kinds = new TreeMap<>();

  /** Whether the objective has been given an activation as a leaf since this was reset. */
  private boolean leafWasRead;

  /** An activation that the objective reads, of the segment that has computed it. */
  private static final class Heard {
    private final int segment;
    private final NDArray value;
    private @Nullable NDArray leaf;

    Heard(int segment, NDArray value) {
      this.segment = segment;
      this.value = value;
    }
  }

  /** Gathers what the objective reads of the segment that is computed. */
  private final class Listener implements ActivationListener {
    @Override
    public void accept(String name, NDArray activation) {
      if (wanted.contains(name)) {
        // A view of its own: the activation itself may be the output, and belongs to the segment.
        ofSegment.put(name, activation.reshape(activation.getShape()));
      }
    }

    @Override
    public void router(int layer, NDArray probabilities) {
      accept(Activations.router(layer), probabilities);
    }

    @Override
    public void deepstack(int merger, NDArray activation) {
      accept(Activations.deepstack(merger), activation);
    }
  }

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
      double[] factors,
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
    this.network = network;
    this.scope = scope;
    this.batch = batch;
    this.targets = targets;
    wanted = objective.reads();
    this.groupOfTarget = groupOfTarget;
    inputs =
        network.inputs(
            scope, batch, null, wanted.isEmpty() ? VisionLanguageModel.NO_PROBE : new Listener());
    segments = network.segments(inputs);
    int[] present = Arrays.stream(groupOfTarget).distinct().toArray();
    onlyGroup = present.length == 1 && objective.terms().size() == 1 ? present[0] : -1;
    judge = new Judge(objective, factors, scope, batch, this::activation);
  }

  /**
   * What is differentiated of some positions. Groups are told apart beside the graph: what is
   * learned has the same bits with and without them.
   */
  private NDArray judge(Prediction part, int first) {
    NDArray total = judge.judge(part);
    if (groupOfTarget.length == 0) {
      return total;
    }
    int[] own = Arrays.copyOfRange(groupOfTarget, first, first + part.targets().count());
    KindCounts.add(kinds, part, own);
    if (onlyGroup >= 0) {
      return total;
    }
    int[] present = Arrays.stream(own).sorted().distinct().toArray();
    for (int group : present) {
      ObjectiveSums found =
          Autograd.inference(() -> {
            Judge ofGroup = Judge.crossEntropy(scope, batch);
            var _ = ofGroup.judge(part.of(group, own));
            return ofGroup.sums();
          });
      groups.merge(group, found, ObjectiveSums::plus);
    }
    return total;
  }

  /** Gives the objective an activation: as a leaf, if what has computed it is differentiable. */
  private NDArray activation(String name) {
    Heard of = heard.get(name);
    if (of == null) {
      throw new IllegalStateException("nothing in this pass is called " + name);
    }
    if (!graphs.containsKey(of.segment)) {
      return of.value;
    }
    leafWasRead = true;
    NDArray leaf = of.leaf;
    if (leaf == null) {
      leaf = live.keep(Autograd.leaf(of.value));
      of.leaf = leaf;
    }
    return leaf;
  }

  SegmentedModel.Outcome outcome() {
    if (onlyGroup >= 0) {
      groups.put(onlyGroup, judge.sums());
    }
    return new SegmentedModel.Outcome(judge.sums(), groups, kinds);
  }

  /** Computes what is minimised; what going back needs stays. */
  void forward() {
    long begun = Spans.begin();
    Segment.walk(
            segments,
            (segment, read) -> {
              long entered = Spans.begin();
              NDArray output = forward(segment, read);
              Spans.end(entered, Span.Kind.SEGMENT, segment.name(), 0);
              return output;
            })
        .close();
    Spans.end(begun, Span.Kind.STAGE, "forward", 0);
  }

  /** Computes a segment; its output belongs to {@link #live}. */
  private NDArray forward(Segment segment, List<NDArray> read) {
    SegmentSpec spec = specs.get(segment.index());
    boolean differentiable =
        spec.trains()
            || segment.inputs().stream().anyMatch(graphs::containsKey)
            || (isHead(spec) && readsGraphs());
    if (!differentiable) {
      return isHead(spec) ? unlearned(spec, read.getFirst()) : plain(segment, spec, read);
    }
    try (Scope scope = Scope.open()) {
      SegmentGraph graph = new SegmentGraph(segment, spec, read);
      graphs.put(segment.index(), graph);
      if (isHead(spec)) {
        return head(graph, read.getFirst());
      }
      if (recomputes) {
        return plain(segment, spec, read);
      }
      return live.keep(Autograd.detach(record(graph, Pass.FORWARD)));
    }
  }

  /** Whether what is minimised reads anything of a segment that is differentiable. */
  private boolean readsGraphs() {
    return heard.values().stream().anyMatch(of -> graphs.containsKey(of.segment));
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
      remember(segment);
      ofSegment.clear();
      return live.keep(output);
    }
  }

  /**
   * Computes the head and what is minimised, part by part of the supervised positions, and goes
   * back through each at once: the logits of one part alone are in memory. The gradients wait in
   * the graph's leaves.
   */
  private NDArray head(SegmentGraph graph, NDArray hidden) {
    Map<String, NDArray> leaves = leaves(graph, source.enter(graph.spec(), Pass.FORWARD));
    NDArray read =
        graphs.containsKey(graph.segment().inputs().getFirst()) ? graph.inputLeaf(0) : hidden;
    boolean learns = graph.spec().trains() || !graph.inputLeaves().isEmpty();
    parts(
        leaves,
        read,
        judged -> {
          leafWasRead = false;
          NDArray total = Autograd.recording(judged);
          // Of a frozen model only the parts in which a term has read a leaf can be walked.
          if (learns || leafWasRead) {
            Autograd.backward(total, null);
          }
        });
    return live.keep(Autograd.detach(hidden));
  }

  /** Computes what would be minimised if anything in this pass were learned. */
  private NDArray unlearned(SegmentSpec spec, NDArray hidden) {
    Weights values = source.enter(spec, Pass.FORWARD);
    Map<String, NDArray> trained = new LinkedHashMap<>();
    reads(spec).forEach(slot -> trained.put(name(slot), values.get(name(slot))));
    parts(
        trained,
        hidden,
        judged -> {
          var _ = Autograd.inference(judged);
        });
    source.leave(spec, Pass.FORWARD);
    return live.keep(Autograd.detach(hidden));
  }

  /** Judges part by part of the supervised positions; each gets memory of its own. */
  private void parts(
      Map<String, NDArray> trained, NDArray hidden, Consumer<Supplier<NDArray>> compute) {
    int first = 0;
    for (Targets part : targets.parts(network.positionsAtOnce())) {
      try (Scope temporaries = Scope.open()) {
        int from = first;
        compute.accept(() ->
            judge(
                network.prediction(temporaries, weights(temporaries, trained), batch, hidden, part),
                from));
      }
      first += part.count();
    }
  }

  private boolean isHead(SegmentSpec spec) {
    return spec.index() == segments.getLast().index();
  }

  private Map<String, NDArray> leaves(SegmentGraph graph, Weights values) {
    Map<String, NDArray> leaves = new LinkedHashMap<>();
    reads(graph.spec())
        .forEach(slot -> leaves.put(name(slot), graph.weightLeaf(slot, values.get(name(slot)))));
    return leaves;
  }

  /** Computes a segment with a graph, and returns its end. */
  private NDArray record(SegmentGraph graph, Pass pass) {
    SegmentSpec spec = graph.spec();
    Segment segment = graph.segment();
    try (Scope scope = Scope.open()) {
      Weights values = source.enter(spec, pass);
      Map<String, NDArray> leaves = leaves(graph, values);
      List<NDArray> read = new ArrayList<>();
      for (int i = 0; i < segment.inputs().size(); i++) {
        read.add(
            graphs.containsKey(segment.inputs().get(i))
                ? graph.inputLeaf(i)
                : graph.inputs().get(i));
      }
      Weights weights = weights(scope, leaves);
      NDArray end = Autograd.recording(() -> segment.computation().apply(weights, inputs, read));
      remember(segment);
      NDArray output = graph.finish(end, ofSegment);
      ofSegment.clear();
      return output;
    }
  }

  /** Keeps the values of what the objective reads, going forward. */
  private void remember(Segment segment) {
    ofSegment.forEach((name, value) ->
        heard.computeIfAbsent(
            name, _ -> new Heard(segment.index(), live.keep(Autograd.detach(value)))));
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
    long begun = Spans.begin();
    for (SegmentSpec spec : specs.reversed()) {
      long entered = Spans.begin();
      try (SegmentGraph graph = graphs.remove(spec.index());
          Scope scope = Scope.open()) {
        sink.accept(spec, graph == null ? List.of() : backward(graph));
      }
      Spans.end(entered, Span.Kind.SEGMENT, spec.name(), 0);
    }
    Spans.end(begun, Span.Kind.STAGE, "backward", 0);
  }

  /** Walks a segment's graph; the gradients of its own slots belong to the innermost scope. */
  private List<NDArray> backward(SegmentGraph graph) {
    SegmentSpec spec = graph.spec();
    if (isHead(spec)) {
      return collect(graph, Pass.FORWARD);
    }
    Pass pass = graph.output() == null ? Pass.BACKWARD : Pass.FORWARD;
    NDArray end = graph.output();
    if (end == null) {
      end = record(graph, pass);
    }
    NDArray gradient = outputGradients.remove(spec.index());
    List<Autograd.Root> further = further(graph);
    if (gradient == null && further.isEmpty()) {
      // A head that nothing of this pass has taught.
      source.leave(spec, pass);
      return List.of();
    }
    if (further.isEmpty()) {
      Autograd.backward(end, gradient);
    } else {
      if (gradient != null) {
        further.addFirst(new Autograd.Root(end, gradient));
      }
      Autograd.backward(further);
    }
    if (gradient != null) {
      gradient.close();
    }
    return collect(graph, pass);
  }

  /** The gradients of a segment's own slots, and those that others wait for, from its leaves. */
  private List<NDArray> collect(SegmentGraph graph, Pass pass) {
    SegmentSpec spec = graph.spec();
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

  /** What the objective has read of a segment, with its gradients. */
  private List<Autograd.Root> further(SegmentGraph graph) {
    List<Autograd.Root> further = new ArrayList<>();
    graph
        .activations()
        .forEach((name, value) -> {
          Heard of = heard.get(name);
          if (of != null && of.leaf != null) {
            further.add(new Autograd.Root(value, Autograd.gradient(of.leaf)));
          }
        });
    return further;
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
