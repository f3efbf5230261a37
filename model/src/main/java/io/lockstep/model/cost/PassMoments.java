package io.lockstep.model.cost;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.cost.ActivationBytes.Load;
import io.lockstep.model.cost.ActivationBytes.Mode;
import io.lockstep.model.cost.ActivationBytes.Moment;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.Network;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.tensor.Dtype;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The moments of a pass at which most may be there, in the order of {@code SegmentedPass}: the
 * vision tower, the last decoder layer going forward, the head, which goes back through its logits
 * at once, the last decoder layer going back, and the embedding table's gradient. Each count is
 * held to what libtorch's allocator hands out by {@code AllocatedBytesTest}.
 */
final class PassMoments {

  /** Logits, their log-softmax, its gradient and that of the logits, all float32. */
  private static final int HEAD_TABLES = 4;

  /** Selected rows, squares, normalised and weighted rows. */
  private static final int HEAD_ROWS = 4;

  /** Gradients of the weights and of the scores they come from. */
  private static final int SCORE_GRADIENTS = 2;

  /** The gradient that the head gave to a tied table, that of the embedding, and their sum. */
  private static final int TIED_TABLE_GRADIENTS = 3;

  /** Hidden states before the layers and after them, and the gradient that goes back. */
  private static final int ENDS = 2;

  /** Experts, inputs, outputs. */
  private static final int STACKED_DIMENSIONS = 3;

  private final ModelConfig config;
  private final Load load;
  private final Mode mode;
  private final Dtype type;
  private final List<SegmentSpec> segments;
  private final DecoderLayer layer;
  private final VisionBlock block;
  private final long table;

  PassMoments(ModelConfig config, Load load, Mode mode) {
    this.config = config;
    this.load = load;
    this.mode = mode;
    type = config.computeType();
    segments = SegmentSpec.of(config, mode.trained());
    layer = DecoderLayer.of(config, load, mode);
    block = VisionBlock.of(config, load, mode.adapter());
    table = (long) config.text().vocabSize() * config.text().hiddenSize();
  }

  ActivationBytes count() {
    long vision = vision();
    long decoder = decoder();
    List<Moment> moments = new ArrayList<>();
    if (load.pictures() > 0) {
      moments.add(visionTower(vision));
    }
    moments.add(
        new Moment(
            "the last decoder layer, forward",
            vision + decoder,
            bytes(layer.results() - keptOfLayer()),
            0,
            0,
            rounded("text_layer_")));
    moments.addAll(head(vision + decoder));
    moments.add(
        new Moment(
            "the last decoder layer, backward",
            vision + decoder,
            bytes(layer.saved() + SCORE_GRADIENTS * layer.scores() - keptOfLayer()),
            0,
            Dtype.FLOAT32.bytes(
                trained("text_layer_") + stacked("text_layer_") + tableGradientThatWaits()),
            rounded("text_layer_")));
    if (trained("text_embedding") > 0) {
      moments.add(
          new Moment(
              "the embedding table, backward",
              vision + bytes((ENDS + 1) * width()),
              0,
              0,
              Dtype.FLOAT32.bytes(
                  trained("text_embedding") * (isHeadTied() ? TIED_TABLE_GRADIENTS : 1)),
              0));
    }
    Moment most = moments.stream().max(Comparator.comparingLong(Moment::bytes)).orElseThrow();
    return new ActivationBytes(vision, decoder, most.bytes() - most.kept(), most);
  }

  private long bytes(double values) {
    return type.bytes(Math.round(values));
  }

  private double width() {
    return (double) load.tokens() * config.text().hiddenSize();
  }

  private double keptOfLayer() {
    return mode.checkpointing() ? 0 : layer.saved();
  }

  /** What the tower keeps. */
  private long vision() {
    double kept = block.features(config.text().hiddenSize()) + block.pixels();
    if (mode.visionTrained()) {
      kept += block.depth() * block.input();
      kept +=
          mode.checkpointing()
              ? 0
              : block.depth() * (block.saved() + block.scores()) + block.mergers();
    }
    return bytes(kept);
  }

  private long decoder() {
    int layers = config.text().layers();
    return bytes(ENDS * width() + layers * (width() + keptOfLayer())) + mask();
  }

  /** Rows of one length are rare: several are masked. */
  private long mask() {
    return load.rows() == 1 ? 0 : type.bytes(load.rows() * load.length() * load.length());
  }

  private Moment visionTower(long vision) {
    return new Moment(
        "the vision tower",
        vision,
        bytes(
            block.results()
                + block.input()
                + (mode.visionTrained() ? SCORE_GRADIENTS * block.scores() : 0)),
        0,
        Dtype.FLOAT32.bytes(trained("vision_block_")),
        rounded("vision_block_"));
  }

  /** The logits of a part of the positions, and then the gradient of what makes them. */
  private List<Moment> head(long kept) {
    TextConfig text = config.text();
    long positions = Math.min(load.supervised(), new Network(config).positionsAtOnce());
    long rows = Dtype.FLOAT32.bytes(load.supervised() * HEAD_ROWS * text.hiddenSize());
    long logits = positions * text.vocabSize();
    long narrow = type == Dtype.FLOAT32 ? 0 : type.bytes(logits);
    // From the second part on, the gradient of the table is added to that of the parts before.
    long before = positions < load.supervised() ? headGradient() : 0;
    long rounded = rounded("head") + (isHeadTied() ? narrowed(headGradient()) : 0);
    return List.of(
        new Moment(
            "the head's logits",
            kept,
            rows,
            HEAD_TABLES * Dtype.FLOAT32.bytes(logits) + narrow,
            Dtype.FLOAT32.bytes(before),
            rounded),
        new Moment(
            "the head's weights, backward",
            kept,
            rows,
            2 * Dtype.FLOAT32.bytes(logits) + narrow,
            Dtype.FLOAT32.bytes(before + headGradient()) + narrowed(headGradient()),
            rounded));
  }

  private long narrowed(long values) {
    return type == Dtype.FLOAT32 ? 0 : type.bytes(values);
  }

  /** Whether the head computes with the embedding table, and that is trained. */
  private boolean isHeadTied() {
    return !segments.getLast().sharedSlots().isEmpty();
  }

  private long headGradient() {
    return isHeadTied() ? table : trained("head");
  }

  /** The head's gradient of a tied table waits for that of the embedding. */
  private long tableGradientThatWaits() {
    return isHeadTied() ? table : 0;
  }

  /** Trained values of the segment that has most of those whose names begin so. */
  private long trained(String name) {
    return segments.stream()
        .filter(segment -> segment.name().startsWith(name))
        .mapToLong(segment -> segment.end() - segment.start())
        .max()
        .orElse(0);
  }

  /** The largest stack of experts' matrices: its gradient is put together of theirs. */
  private long stacked(String name) {
    return segments.stream()
        .filter(segment -> segment.name().startsWith(name))
        .flatMap(segment ->
            mode.trained().slots().subList(segment.firstSlot(), segment.endSlot()).stream())
        .map(ParameterLayout.Slot::spec)
        .filter(spec -> spec.shape().size() == STACKED_DIMENSIONS)
        .mapToLong(ParameterSpec::elements)
        .max()
        .orElse(0);
  }

  /**
   * Trained weights that are rounded to a smaller type, which a graph holds as long as it is there;
   * others are held in that type. The embedding is read as it is.
   */
  private long rounded(String name) {
    if (type == Dtype.FLOAT32) {
      return 0;
    }
    return type.bytes(
        mode.checkpointing()
            ? trained(name)
            : segments.stream()
                    .filter(segment -> load.pictures() > 0 || !segment.needsPictures())
                    .mapToLong(segment -> segment.end() - segment.start())
                    .sum()
                - trained("text_embedding"));
  }
}
