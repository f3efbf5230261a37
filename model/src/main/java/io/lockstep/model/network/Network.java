package io.lockstep.model.network;

import static io.lockstep.model.parameter.ParameterSpec.Module.LLM;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.detection.DetectionHead;
import io.lockstep.model.layer.Block;
import io.lockstep.model.layer.FeedForward;
import io.lockstep.model.layer.KvCache;
import io.lockstep.model.layer.Linear;
import io.lockstep.model.layer.Norm;
import io.lockstep.model.layer.PreNormBlock;
import io.lockstep.model.layer.SelfAttention;
import io.lockstep.model.layer.TextRotary;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A model's network as one list of segments, which training, evaluation, generation and
 * certificates walk through: vision embedding, vision blocks, merger, DeepStack's mergers, text
 * embedding, decoder layers, the detection head if there is one, head. That is also the order of
 * the parameters. Holds no weights.
 */
public final class Network {

  /** What the names of the language model's parameters begin with. */
  public static final String LANGUAGE = "model.language_model.";

  /** The output projection, where it is not the embedding table. */
  private static final String HEAD = "lm_head";

  /** What listeners know the detection head's predictions by. */
  public static final String DETECTIONS = "detections";

  private static final String DETECTION = "detection_head";

  private static final int LOGITS_AT_ONCE = 1 << 24;

  private static final String TABLE = LANGUAGE + "embed_tokens";

  private final ModelConfig config;
  private final VisionTower tower;
  private final TextRotary rotary;
  private final Norm finalNorm;
  private final @Nullable DetectionHead detection;
  private final int merger;
  private final List<Segment> segments = new ArrayList<>();
  private final Map<String, Integer> owners = new HashMap<>();

  /** The network of a configuration. */
  public Network(ModelConfig config) {
    this.config = config;
    tower = config.visionTower();
    rotary = new TextRotary(config.text());
    finalNorm =
        new Norm.Rms(
            LLM, LANGUAGE + "norm", config.text().hiddenSize(), config.text().rmsNormEps());
    detection =
        config
            .detection()
            .map(head -> new DetectionHead(head, config.text().hiddenSize()))
            .orElse(null);
    merger = vision();
    text();
    for (Segment segment : segments) {
      for (ParameterSpec spec : segment.parameters()) {
        owners.put(parent(spec.name()), segment.index());
      }
    }
  }

  private int add(
      String name,
      boolean needsPictures,
      Block block,
      List<Integer> inputs,
      Segment.Computation computation) {
    int index = segments.size();
    List<ParameterSpec> parameters = block.parameters();
    segments.add(
        new Segment(index, name, needsPictures, parameters, List.of(), inputs, computation));
    return index;
  }

  /** Adds the vision tower and returns its merger's index; DeepStack's mergers follow that. */
  private int vision() {
    int first =
        add(
            "vision_embedding",
            true,
            tower.embedding(),
            List.of(),
            (weights, pass, none) -> pass.vision().embed(weights, pass.pixels()));
    int before = first;
    for (int i = 0; i < config.vision().depth(); i++) {
      int block = i;
      String name = "vision_block_" + block;
      before =
          add(
              name,
              true,
              tower.block(block),
              List.of(before),
              (weights, pass, inputs) ->
                  pass.probed(name, pass.vision().block(weights, block, inputs.getFirst())));
    }
    int merger =
        add(
            "vision_merger",
            true,
            tower.merger(),
            List.of(before),
            (weights, pass, inputs) -> {
              NDArray merged = pass.vision().merge(weights, inputs.getFirst());
              return pass.kept(pass.vision().ordered(pass.probed("vision_merger", merged)));
            });
    for (int i = 0; i < tower.deepstackBlocks().size(); i++) {
      int index = i;
      add(
          "deepstack_merger_" + index,
          true,
          tower.deepstackMerger(index),
          List.of(first + 1 + tower.deepstackBlocks().get(index)),
          (weights, pass, inputs) ->
              pass.kept(
                  pass.merged(index, pass.vision().deepstack(weights, index, inputs.getFirst()))));
    }
    return merger;
  }

  private void text() {
    TextConfig text = config.text();
    ParameterSpec table =
        ParameterSpec.of(LLM, TABLE + ".weight", text.vocabSize(), text.hiddenSize());
    int before =
        add(
            "text_embedding",
            false,
            () -> List.of(table),
            List.of(merger),
            (weights, pass, inputs) -> {
              NDArray embedded_BTH =
                  Ops.as(
                      Ops.embedding(weights.get(table.name()), pass.ids()), config.computeType());
              return inputs.isEmpty() ? embedded_BTH : pass.placed(embedded_BTH, inputs.getFirst());
            });
    for (int i = 0; i < text.layers(); i++) {
      List<Integer> inputs = new ArrayList<>(List.of(before));
      if (i < tower.deepstackBlocks().size()) {
        inputs.add(merger + 1 + i);
      }
      before = decoderLayer(i, inputs);
    }
    if (detection != null) {
      add(
          DETECTION,
          true,
          detection,
          List.of(before),
          (weights, pass, inputs) ->
              pass.probed(
                  DETECTIONS, detection.apply(weights, pass.detection(), inputs.getFirst())));
    }
    Linear projection = new Linear(LLM, HEAD, text.hiddenSize(), text.vocabSize(), false);
    boolean tied = config.tieWordEmbeddings();
    segments.add(
        new Segment(
            segments.size(),
            "head",
            false,
            tied ? finalNorm.parameters() : Block.parametersOf(finalNorm, projection),
            tied ? List.of(table.name()) : List.of(),
            List.of(before),
            (weights, pass, inputs) -> logits(weights, inputs.getFirst())));
  }

  /** Adds a layer, to whose output DeepStack's features are added if it reads them. */
  private int decoderLayer(int layer, List<Integer> reads) {
    TextConfig text = config.text();
    String name = "text_layer_" + layer;
    String prefix = LANGUAGE + "layers." + layer + ".";
    SelfAttention attention = new SelfAttention(text, layer, prefix + "self_attn.");
    FeedForward feedForward = config.feedForward(layer);
    PreNormBlock block =
        new PreNormBlock(
            norm(prefix + "input_layernorm"),
            attention,
            norm(prefix + "post_attention_layernorm"),
            feedForward);
    return add(
        name,
        false,
        block,
        reads,
        (weights, pass, inputs) -> {
          NDArray hidden_BTH =
              block.apply(
                  weights,
                  inputs.getFirst(),
                  x -> attention.apply(weights, x, pass.tokens(), pass.cache()),
                  x -> feedForward.apply(weights, x, routed -> pass.routed(layer, routed)));
          NDArray seen_BTH = pass.probed(name, hidden_BTH);
          return inputs.size() == 1 ? seen_BTH : pass.addedToPictures(seen_BTH, inputs.getLast());
        });
  }

  private Norm norm(String name) {
    return new Norm.Rms(LLM, name, config.text().hiddenSize(), config.text().rmsNormEps());
  }

  /** The configuration. */
  public ModelConfig config() {
    return config;
  }

  /** All segments in order; the last one is the head. */
  public List<Segment> segments() {
    return List.copyOf(segments);
  }

  /** Those that take part in a pass. */
  public List<Segment> segments(PassInputs pass) {
    if (pass.hasPictures()) {
      return segments();
    }
    return segments.stream()
        .filter(segment -> !segment.needsPictures())
        .map(segment ->
            segment.reading(
                segment.inputs().stream()
                    .filter(input -> !segments.get(input).needsPictures())
                    .toList()))
        .toList();
  }

  /** Those that lead from a pass's inputs to the last hidden states, which the heads read. */
  List<Segment> trunk(PassInputs pass) {
    return segments(pass).stream()
        .filter(segment -> !segment.name().equals(DETECTION))
        .filter(segment -> segment.index() < segments.size() - 1)
        .toList();
  }

  /** Those that make the features of pictures, which the language model reads. */
  List<Segment> tower() {
    return segments.stream()
        .filter(segment -> segment.needsPictures() && !segment.name().equals(DETECTION))
        .toList();
  }

  /** Whether the language model reads a segment of the tower: the merger, then DeepStack's. */
  boolean isFeature(Segment segment) {
    return segment.needsPictures() && segment.index() >= merger;
  }

  /**
   * What the detection head finds in the pictures of a batch, [B, queries, outputs]; of rows
   * without a picture it has no meaning.
   *
   * @param scope holds what depends on the batch alone; the innermost one
   * @param hidden_BTH of the whole batch, before the final norm
   * @throws IllegalStateException if the model has no such head
   */
  public NDArray detections(Scope scope, Weights weights, Batch batch, NDArray hidden_BTH) {
    if (detection == null) {
      throw new IllegalStateException("the model has no detection head");
    }
    return detection.apply(weights, PassInputs.picture(config, scope, batch), hidden_BTH);
  }

  /** Names, shapes and places of all parameters. */
  public ParameterLayout layout() {
    return new ParameterLayout(
        segments.stream().flatMap(segment -> segment.parameters().stream()).toList());
  }

  /**
   * The segment that a parameter belongs to.
   *
   * @param parameter name in the layout, or one that begins with a layer's name
   */
  public int owner(String parameter) {
    for (String name = parameter; name.contains("."); name = parent(name)) {
      Integer owner = owners.get(parent(name));
      if (owner != null) {
        return owner;
      }
    }
    throw new IllegalArgumentException("no segment has a parameter " + parameter);
  }

  private static String parent(String name) {
    return name.substring(0, name.lastIndexOf('.'));
  }

  /** Logits [.., V] of hidden states [.., H], float32: final norm, then the projection. */
  public NDArray logits(Weights weights, NDArray hidden) {
    NDArray normed = finalNorm.apply(weights, hidden);
    return Ops.as(weights.linear(config.tieWordEmbeddings() ? TABLE : HEAD, normed), Dtype.FLOAT32);
  }

  /**
   * What hidden states [B, T, H] of a batch predict at its targets.
   *
   * @param scope holds indices
   */
  public Prediction prediction(
      Scope scope, Weights weights, Batch batch, NDArray hidden_BTH, Targets targets) {
    return Prediction.of(scope, this, weights, batch, hidden_BTH, targets);
  }

  /**
   * Positions whose logits are computed at once: 64 MiB of them. What comes after the last layer is
   * computed part by part, so that its memory does not grow with the number of positions.
   */
  public int positionsAtOnce() {
    return Math.max(1, LOGITS_AT_ONCE / config.text().vocabSize());
  }

  /** The routers of all layers that have one, by layer. */
  public SortedMap<Integer, Router> routers() {
    SortedMap<Integer, Router> routers = new TreeMap<>();
    for (int layer = 0; layer < config.text().layers(); layer++) {
      int own = layer;
      config.router(layer).ifPresent(router -> routers.put(own, router));
    }
    return routers;
  }

  /**
   * What a whole left-padded batch gives its segments to read.
   *
   * @param scope holds it; the innermost one
   * @param cache filled with keys and values if present
   * @param probe sees activations by name: {@code vision_block_N}, {@code vision_merger}, {@code
   *     text_layer_N}
   */
  public PassInputs inputs(
      Scope scope, Batch batch, @Nullable KvCache cache, ActivationListener probe) {
    return PassInputs.of(config, tower, rotary, scope, batch, cache, probe);
  }

  /**
   * What one further token a row gives them.
   *
   * @param tokens the tokens, [B]
   * @param positions position of each row's token, [B]; equal on all three axes
   * @param visible which cached tokens each row sees, the new one included, [B, cache length + 1]
   */
  PassInputs inputs(
      Scope scope,
      long[] tokens,
      long[] positions,
      boolean[] visible,
      KvCache cache,
      ActivationListener probe) {
    return PassInputs.ofNext(config, rotary, scope, tokens, positions, visible, cache, probe);
  }
}
