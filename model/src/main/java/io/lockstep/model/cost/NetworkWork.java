package io.lockstep.model.cost;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.Network;
import io.lockstep.model.network.Segment;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.tensor.Dtype;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a training step or a further token has to compute and to move, by group of operators: told
 * from the network's segments and the shapes of their parameters.
 *
 * <p>A matrix [out, in] of a segment is multiplied with as many rows as the segment has (patches,
 * merged patches, tokens, supervised tokens): {@code 2 rows in out} operations forward, as many
 * again for the gradient of its inputs if anything before it is differentiable, and for its own if
 * it is trained. Inputs, outputs and matrix cross memory once each time. Every result is read and
 * written once more by what follows it, and a norm reads and writes its rows; going back, gradient
 * and value are read and a gradient is written. That is what fused operators need; written as
 * several operators, the same takes several times as long. Of what attention masks nothing counts.
 * An update of experts counts for all of them.
 */
public final class NetworkWork {

  private static final String TABLE = "text_embedding";
  private static final String POSITIONS = "pos_embed.weight";
  private static final String HEAD = "head";
  private static final String DETECTION = "detection_head";

  /** Values that a fused operator moves for each of its results. */
  private static final int FORWARD = 2;

  private static final int BACKWARD = 3;

  /** Parameter, gradient and two moments are read, all but the gradient are written. */
  private static final int UPDATE = 7;

  private static final int EXPERTS = 3;

  private final ModelConfig config;
  private final Network network;
  private final double valueBytes;
  private final Map<OperatorGroup, List<Work>> pieces = new EnumMap<>(OperatorGroup.class);

  private NetworkWork(ModelConfig config) {
    this.config = config;
    network = new Network(config);
    valueBytes = config.computeType().bytes();
  }

  /**
   * What is computed at once.
   *
   * @param rows rows of the batch
   * @param length tokens of each
   * @param pictures the patches of all pictures
   * @param supervised tokens with a label, of all rows
   */
  public record Load(long rows, long length, List<Grid> pictures, long supervised) {

    public Load {
      pictures = List.copyOf(pictures);
    }

    long patches() {
      return pictures.stream().mapToLong(Grid::patches).sum();
    }
  }

  /** Pieces of work that follow each other, by group. */
  public record Total(Map<OperatorGroup, List<Work>> pieces) {

    public Total {
      pieces = Map.copyOf(pieces);
    }

    /** Those of a group. */
    public List<Work> of(OperatorGroup group) {
      return pieces.getOrDefault(group, List.of());
    }

    /** A group's work in one. */
    public Work sum(OperatorGroup group) {
      return of(group).stream().reduce(Work.NONE, Work::plus);
    }

    /** All work in one. */
    public Work sum() {
      return pieces.values().stream().flatMap(List::stream).reduce(Work.NONE, Work::plus);
    }
  }

  /**
   * A training step of one worker.
   *
   * @param trained what is trained: parameters of the model, or an adapter's tensors
   * @param checkpointing whether segments are computed again going back
   */
  public static Total step(
      ModelConfig config, ParameterLayout trained, Load load, boolean checkpointing) {
    NetworkWork work = new NetworkWork(config);
    work.train(trained, load, checkpointing);
    return new Total(work.pieces);
  }

  /**
   * One further token of each row.
   *
   * @param cached tokens whose keys and values are read
   */
  public static Total token(ModelConfig config, long rows, long cached) {
    NetworkWork work = new NetworkWork(config);
    for (Segment segment : work.network.segments()) {
      if (!segment.needsPictures()) {
        work.segment(segment, rows, new Directions(1, false, Set.of(), List.of()));
      }
    }
    TextConfig text = config.text();
    double keys = (double) text.kvHeads() * text.headDim();
    double queries = (double) text.heads() * text.headDim();
    work.add(
        OperatorGroup.ATTENTION,
        new Work(
                4.0 * rows * cached * queries,
                work.valueBytes * rows * (2 * keys * cached + 2 * queries))
            .times(text.layers()));
    return new Total(work.pieces);
  }

  /**
   * How a segment is walked.
   *
   * @param forward how often it is computed
   * @param towardsInputs whether its inputs get gradients
   * @param trained names of the parameters that get gradients
   * @param updates matrices of adapters in it
   */
  private record Directions(
      int forward, boolean towardsInputs, Set<String> trained, List<ParameterSpec> updates) {

    boolean goesBack() {
      return towardsInputs || !trained.isEmpty() || !updates.isEmpty();
    }
  }

  private void train(ParameterLayout trained, Load load, boolean checkpointing) {
    List<SegmentSpec> specs = SegmentSpec.of(config, trained);
    Set<String> names =
        trained.slots().stream().map(slot -> slot.spec().name()).collect(Collectors.toSet());
    Set<Integer> differentiable = new HashSet<>();
    for (Segment segment : network.segments()) {
      if (segment.needsPictures() && load.pictures().isEmpty()) {
        continue;
      }
      SegmentSpec spec = specs.get(segment.index());
      boolean before = segment.inputs().stream().anyMatch(differentiable::contains);
      boolean goesBack = before || spec.trains();
      if (goesBack) {
        differentiable.add(segment.index());
      }
      Set<String> own =
          segment.parameters().stream().map(ParameterSpec::name).collect(Collectors.toSet());
      own.addAll(segment.shared());
      List<ParameterSpec> updates =
          trained.slots().subList(spec.firstSlot(), spec.endSlot()).stream()
              .map(ParameterLayout.Slot::spec)
              .filter(slot -> !own.contains(slot.name()))
              .toList();
      own.retainAll(names);
      boolean again = checkpointing && goesBack && !segment.name().equals(HEAD);
      boolean towardsInputs = goesBack && !segment.inputs().isEmpty();
      segment(
          segment, rows(segment, load), new Directions(again ? 2 : 1, towardsInputs, own, updates));
    }
    attention(load, checkpointing, differentiable);
    double values = trained.elements();
    double bytes = Dtype.FLOAT32.bytes();
    add(OperatorGroup.OPTIMIZER, new Work(0, (UPDATE + 1) * values * bytes));
    add(OperatorGroup.COPIES, new Work(0, 2 * values * bytes));
  }

  private long rows(Segment segment, Load load) {
    if (segment.name().equals(HEAD)) {
      return load.supervised();
    }
    if (segment.name().equals(DETECTION)) {
      return config.detection().map(head -> load.rows() * head.queries()).orElse(0L);
    }
    if (!segment.needsPictures()) {
      return load.rows() * load.length();
    }
    long side = config.vision().spatialMergeSize();
    boolean merges = segment.name().contains("merger");
    return merges ? load.patches() / (side * side) : load.patches();
  }

  /** The products of a segment, its norms, and what follows its products. */
  private void segment(Segment segment, long rows, Directions directions) {
    OperatorGroup products =
        segment.name().equals(HEAD) ? OperatorGroup.HEAD : OperatorGroup.PRODUCTS;
    OperatorGroup others =
        segment.name().equals(HEAD) ? OperatorGroup.HEAD : OperatorGroup.ELEMENTWISE;
    List<ParameterSpec> matrices = new ArrayList<>(segment.parameters());
    network.segments().stream()
        .flatMap(each -> each.parameters().stream())
        .filter(shared -> segment.shared().contains(shared.name()))
        .forEach(matrices::add);
    boolean isTable = segment.name().equals(TABLE);
    double results = 0;
    for (ParameterSpec spec : matrices) {
      if (isTable) {
        results += (double) rows * spec.shape().getLast();
      } else if (spec.shape().size() == 1) {
        results += spec.name().endsWith(".bias") ? 0 : (double) rows * spec.elements();
      } else if (!spec.name().endsWith(POSITIONS)) {
        results +=
            product(products, spec, rows, directions, directions.trained().contains(spec.name()));
      }
    }
    for (ParameterSpec update : directions.updates()) {
      if (update.shape().size() > 1) {
        results += product(products, update, rows, directions, true);
      }
    }
    double moved = FORWARD * directions.forward() + (directions.goesBack() ? BACKWARD : 0);
    add(others, new Work(0, moved * results * valueBytes));
    if (isTable && !directions.trained().isEmpty()) {
      // Most rows of the table's gradient are nothing but zeros, which are written.
      add(others, new Work(0, segment.parameters().getFirst().elements() * valueBytes));
    }
  }

  /** A matrix's products in all directions; returns the number of results forward. */
  private double product(
      OperatorGroup group, ParameterSpec matrix, long rows, Directions directions, boolean trains) {
    List<Long> shape = matrix.shape();
    boolean experts = shape.size() == EXPERTS;
    double used = experts ? (double) rows * config.expertsPerToken() : rows;
    double values = experts ? Math.min(shape.getFirst(), used) / shape.getFirst() : 1;
    double out = experts ? shape.getLast() : shape.getFirst();
    double in = (double) matrix.elements() / out / (experts ? shape.getFirst() : 1);
    Work once =
        new Work(
            2 * used * in * out, valueBytes * (used * (in + out) + values * matrix.elements()));
    int times = directions.forward() + (directions.towardsInputs() ? 1 : 0) + (trains ? 1 : 0);
    for (int i = 0; i < times; i++) {
      add(group, once);
    }
    return used * out;
  }

  /** Scores and weighted sums: twice as much going back as forward. */
  private void attention(Load load, boolean checkpointing, Set<Integer> differentiable) {
    TextConfig text = config.text();
    double queries = (double) text.heads() * text.headDim();
    double keys = (double) text.kvHeads() * text.headDim();
    double pairs = load.rows() * load.length() * (load.length() + 1) / 2.0;
    Work layer =
        new Work(
            4 * pairs * queries, valueBytes * load.rows() * load.length() * 2 * (queries + keys));
    VisionConfig vision = config.vision();
    VisionFlops flops = new VisionFlops(vision);
    Work tower =
        new Work(
            load.pictures().stream().mapToDouble(flops::attention).sum(),
            valueBytes * load.patches() * 4.0 * vision.hiddenSize() * vision.depth());
    Work once = Work.NONE;
    for (Segment segment : network.segments()) {
      boolean back = differentiable.contains(segment.index());
      int times = back ? (checkpointing ? 2 : 1) + 2 : 1;
      if (segment.name().startsWith("text_layer_")) {
        once = once.plus(layer.times(times));
      } else if (segment.name().startsWith("vision_block_")) {
        once = once.plus(tower.times((double) times / vision.depth()));
      }
    }
    add(OperatorGroup.ATTENTION, once);
  }

  private void add(OperatorGroup group, Work work) {
    pieces.computeIfAbsent(group, _ -> new ArrayList<>()).add(work);
  }
}
