package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.layer.KvCache;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.RowProducts;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A network with weights: pictures and text in, hidden states and logits out.
 *
 * <p>Shapes: B rows, T tokens, H hidden size, V vocabulary. What a pass gives belongs to the scope
 * that it is given; what it needs on the way is freed on the way.
 */
public final class VisionLanguageModel {

  /** Sees nothing: for passes whose activations nobody asks for. */
  public static final ActivationListener NO_PROBE = (name, activation) -> {};

  private final Network network;
  private final Weights weights;
  private final Supplier<Optional<PackedWeights>> kept;

  /** A model over weights named by its layout, which may change between passes. */
  public VisionLanguageModel(ModelConfig config, Weights weights) {
    this(config, weights, Optional::empty);
  }

  /**
   * A model over weights that stay.
   *
   * @param kept gives them packed, always the same; nothing if they can't be
   */
  public VisionLanguageModel(
      ModelConfig config, Weights weights, Supplier<Optional<PackedWeights>> kept) {
    network = new Network(config);
    this.weights = weights;
    this.kept = kept;
  }

  /** The configuration. */
  public ModelConfig config() {
    return network.config();
  }

  /**
   * Hidden states of a whole left-padded batch before the final norm, [B, T, H]; rows at padded
   * positions have no meaning.
   *
   * @param scope the innermost one
   * @param cache filled with keys and values if present
   * @param probe sees activations by name while the pass goes on: {@code vision_block_N}, {@code
   *     vision_merger}, {@code text_layer_N}
   */
  public NDArray hidden(
      Scope scope, Batch batch, @Nullable KvCache cache, ActivationListener probe) {
    return walk(scope, network.inputs(scope, batch, cache, probe), cache);
  }

  /**
   * Hidden states of one further token a row, [B, 1, H].
   *
   * @param tokens the tokens, [B]
   * @param positions position of each row's token, [B]; equal on all three axes
   * @param visible which cached tokens each row sees, the new one included, [B, cache length + 1]
   * @param probe sees activations by name, as in {@link #hidden}
   */
  public NDArray next(
      Scope scope,
      long[] tokens,
      long[] positions,
      boolean[] visible,
      KvCache cache,
      ActivationListener probe) {
    return walk(scope, network.inputs(scope, tokens, positions, visible, cache, probe), cache);
  }

  /**
   * What the language model reads of the pictures of a batch; nothing if it has none. The same bits
   * as in {@link #hidden} for that batch.
   *
   * @param probe sees activations of the tower by name, as in {@link #hidden}
   */
  public Optional<PictureFeatures> features(Batch batch, ActivationListener probe) {
    if (batch.patches() == 0) {
      return Optional.empty();
    }
    List<float[]> features = new ArrayList<>();
    try (Scope scope = Scope.open()) {
      PassInputs pass = network.inputs(scope, batch, null, probe);
      List<Segment> tower = network.tower();
      NDArray last =
          Segment.walk(
              tower,
              (segment, inputs) -> {
                long begun = Spans.begin();
                try (Scope temporaries = Scope.open()) {
                  NDArray output = scope.keep(segment.computation().apply(weights, pass, inputs));
                  if (network.isFeature(segment)) {
                    features.add(Buffer.of(Ops.contiguous(output)).toHost().floats().toArray());
                  }
                  return output;
                } finally {
                  Spans.end(begun, Span.Kind.SEGMENT, segment.name(), 0);
                }
              });
      last.close();
    }
    return Optional.of(
        new PictureFeatures(
            config().text().hiddenSize(),
            features.getFirst(),
            features.subList(1, features.size())));
  }

  /**
   * The language model over packed rows, to be closed after use; nothing if this model or this
   * machine has none. Its weights are packed once for a network whose weights stay.
   */
  public Optional<PackedTransformer> packed() {
    Optional<PackedWeights> ready = kept.get();
    boolean owns = ready.isEmpty();
    return (owns ? PackedWeights.of(config(), weights) : ready)
        .flatMap(packed ->
            RowProducts.open().map(products -> new PackedTransformer(packed, products, owns)));
  }

  /** Walks through all segments but the heads. */
  private NDArray walk(Scope scope, PassInputs pass, @Nullable KvCache cache) {
    NDArray hidden_BTH =
        Segment.walk(
            network.trunk(pass),
            (segment, inputs) -> {
              long begun = Spans.begin();
              try (Scope temporaries = Scope.open()) {
                return scope.keep(segment.computation().apply(weights, pass, inputs));
              } finally {
                Spans.end(begun, Span.Kind.SEGMENT, segment.name(), 0);
              }
            });
    if (cache != null) {
      cache.advance();
    }
    return hidden_BTH;
  }

  /**
   * Logits [.., V] of hidden states [.., H]: final norm, then the head (the embedding table if it
   * is tied).
   */
  public NDArray logits(NDArray hidden) {
    return network.logits(weights, hidden);
  }

  /**
   * What the detection head finds in the pictures of a batch, [B, queries, outputs].
   *
   * @param scope the innermost one
   * @param hidden_BTH of the batch
   * @throws IllegalStateException if the model has no such head
   */
  public NDArray detections(Scope scope, Batch batch, NDArray hidden_BTH) {
    return network.detections(scope, weights, batch, hidden_BTH);
  }

  /** Positions whose logits are computed at once: see {@link Network#positionsAtOnce}. */
  public int positionsAtOnce() {
    return network.positionsAtOnce();
  }

  /** What hidden states [B, T, H] of a batch predict at its targets. */
  public Prediction prediction(Scope scope, Batch batch, NDArray hidden_BTH, Targets targets) {
    return network.prediction(scope, weights, batch, hidden_BTH, targets);
  }
}
