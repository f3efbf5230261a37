package io.lockstep.model.detection;

import static io.lockstep.model.parameter.ParameterSpec.Module.DETECTION;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.layer.Block;
import io.lockstep.model.layer.Linear;
import io.lockstep.model.layer.Norm;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Elementwise;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds objects in a picture: a decoder whose learned queries attend to each other and to what the
 * language model has made of the picture (Carion et al., "End-to-end object detection with
 * transformers", 2020), with a learned reference box for each query (Liu et al., "DAB-DETR", 2022).
 *
 * <p>The queries see the last hidden states at the picture's own tokens and nothing else. Attention
 * in the language model being causal, those depend on what stands before the picture, the picture
 * itself, and never on the question or the answer after it: training and serving see the same.
 *
 * <p>Each token's state comes with the sine embedding of its place in the picture, each query with
 * that of its reference box's centre. What is predicted of a query is a box, the sigmoid of its
 * reference plus what the decoder says; a logit that it has found an object; and a logit for each
 * caption of {@link DetectionConfig the closed list}.
 *
 * <p>Shapes: B rows, M picture tokens of a row, Q queries, D width, H hidden size of the language
 * model, O outputs: four numbers of the box (centre x and y, width, height, in shares of the
 * picture), objectness, C captions.
 */
public final class DetectionHead implements Block {

  /** What its parameters' names begin with. */
  public static final String PREFIX = "detection_head.";

  /** The content of the queries, [Q, D]. */
  static final String QUERIES = PREFIX + "queries.weight";

  /** The logits of the queries' reference boxes, [Q, 4]. */
  static final String REFERENCES = PREFIX + "references.weight";

  /** The bias of the objectness, [1]. */
  static final String OBJECTNESS_BIAS = PREFIX + "objectness.bias";

  private static final double EPS = 1e-6;

  /** Of the sine embedding, as in DAB-DETR: boxes are spread over shares of a picture. */
  private static final double TEMPERATURE = 20;

  private static final int FEED_FORWARD_FACTOR = 4;
  private static final int AXES = 2;

  private final DetectionConfig config;
  private final Norm memoryNorm;
  private final Linear memory;
  private final Linear place;
  private final List<Layer> layers = new ArrayList<>();
  private final Norm outputNorm;
  private final Linear boxHidden;
  private final Linear box;
  private final Linear objectness;
  private final Linear caption;

  /** What the head reads of a batch besides hidden states. */
  public record Picture(NDArray at, NDArray mask, NDArray places, int rows, int tokens) {

    /**
     * The pictures of a batch.
     *
     * @param scope holds it
     */
    public static Picture of(
        Scope scope, DetectionConfig config, Batch batch, int imageTokenId, int mergeSize) {
      PicturePlaces places = PicturePlaces.of(batch, imageTokenId, mergeSize);
      return new Picture(
          scope.fromLongs(places.at(), places.at().length),
          scope.fromBooleans(places.seen(), places.rows(), 1, 1, places.tokens()),
          scope.fromFloats(
              sines(places.centres(), config.width()),
              places.rows(),
              places.tokens(),
              config.width()),
          places.rows(),
          places.tokens());
    }
  }

  private record Layer(
      Norm selfNorm,
      Attention self,
      Norm crossNorm,
      Attention cross,
      Norm feedNorm,
      Linear up,
      Linear down)
      implements Block {

    static Layer of(String prefix, DetectionConfig config) {
      int width = config.width();
      int inner = FEED_FORWARD_FACTOR * width;
      return new Layer(
          norm(prefix + "self_norm", width),
          Attention.of(prefix + "self_attn.", config),
          norm(prefix + "cross_norm", width),
          Attention.of(prefix + "cross_attn.", config),
          norm(prefix + "feed_norm", width),
          new Linear(DETECTION, prefix + "up_proj", width, inner, true),
          new Linear(DETECTION, prefix + "down_proj", inner, width, true));
    }

    @Override
    public List<ParameterSpec> parameters() {
      return Block.parametersOf(selfNorm, self, crossNorm, cross, feedNorm, up, down);
    }

    NDArray apply(
        Weights weights, NDArray x_BQD, NDArray place_QD, NDArray memory_BMD, NDArray mask) {
      NDArray own = selfNorm.apply(weights, x_BQD);
      NDArray placed = own.add(place_QD);
      NDArray seen = x_BQD.add(self.apply(weights, placed, placed, own, null));
      NDArray asked = crossNorm.apply(weights, seen).add(place_QD);
      NDArray told = seen.add(cross.apply(weights, asked, memory_BMD, memory_BMD, mask));
      NDArray fed = feedNorm.apply(weights, told);
      return told.add(down.apply(weights, Elementwise.relu(up.apply(weights, fed))));
    }
  }

  /**
   * A head of a language model.
   *
   * @param hiddenSize of the language model
   */
  public DetectionHead(DetectionConfig config, int hiddenSize) {
    this.config = config;
    int width = config.width();
    memoryNorm = new Norm.Rms(DETECTION, PREFIX + "memory_norm", hiddenSize, EPS);
    memory = linear("memory", hiddenSize, width);
    place = linear("place", width, width);
    for (int layer = 0; layer < config.layers(); layer++) {
      layers.add(Layer.of(PREFIX + "layers." + layer + ".", config));
    }
    outputNorm = norm(PREFIX + "output_norm", width);
    boxHidden = linear("box_hidden", width, width);
    box = linear("box", width, Boxes.NUMBERS);
    objectness = linear("objectness", width, 1);
    caption = linear("caption", width, config.captions().size());
  }

  private static Norm norm(String name, int width) {
    return new Norm.Layer(DETECTION, name, width, EPS);
  }

  private static Linear linear(String name, long in, long out) {
    return new Linear(DETECTION, PREFIX + name, in, out, true);
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> all = new ArrayList<>();
    all.add(ParameterSpec.of(DETECTION, QUERIES, config.queries(), config.width()));
    all.add(ParameterSpec.of(DETECTION, REFERENCES, config.queries(), Boxes.NUMBERS));
    all.addAll(Block.parametersOf(memoryNorm, memory, place));
    all.addAll(Block.parametersOf(layers.toArray(Block[]::new)));
    all.addAll(Block.parametersOf(outputNorm, boxHidden, box, objectness, caption));
    return all;
  }

  /** The sizes. */
  public DetectionConfig config() {
    return config;
  }

  /**
   * Predicts [B, Q, O], always in float32.
   *
   * @param hidden_BTH last hidden states of the batch, before the final norm
   */
  public NDArray apply(Weights weights, Picture picture, NDArray hidden_BTH) {
    NDArray flat = hidden_BTH.reshape(-1, hidden_BTH.getShape().get(2));
    NDArray read = Ops.as(Ops.indexSelect(flat, 0, picture.at()), Dtype.FLOAT32);
    NDArray seen = memoryNorm.apply(weights, read);
    NDArray memory_BMD =
        memory
            .apply(weights, seen)
            .reshape(picture.rows(), picture.tokens(), config.width())
            .add(place.apply(weights, picture.places()));
    NDArray references_Q4 = weights.get(REFERENCES);
    NDArray place_QD = place.apply(weights, sines(references_Q4));
    NDArray x_BQD =
        weights
            .get(QUERIES)
            .reshape(1, config.queries(), config.width())
            .add(Ops.constant(new float[picture.rows()], picture.rows(), 1, 1));
    for (Layer layer : layers) {
      x_BQD = layer.apply(weights, x_BQD, place_QD, memory_BMD, picture.mask());
    }
    NDArray out_BQD = outputNorm.apply(weights, x_BQD);
    NDArray moved = box.apply(weights, Elementwise.relu(boxHidden.apply(weights, out_BQD)));
    return Elementwise.sigmoid(moved.add(references_Q4))
        .concat(objectness.apply(weights, out_BQD), -1)
        .concat(caption.apply(weights, out_BQD), -1);
  }

  /**
   * The embedding of places: for x, then y, the sines and then the cosines of the share times 2 pi
   * times falling frequencies.
   *
   * @param centres pairs of x and y
   * @return of each pair, {@code width} numbers
   */
  private static float[] sines(float[] centres, int width) {
    float[] frequencies = frequencies(width);
    int count = frequencies.length;
    float[] embedded = new float[centres.length / AXES * width];
    for (int i = 0; i < centres.length; i++) {
      for (int k = 0; k < count; k++) {
        double angle = centres[i] * (double) frequencies[k];
        embedded[2 * i * count + k] = (float) StrictMath.sin(angle);
        embedded[2 * i * count + count + k] = (float) StrictMath.cos(angle);
      }
    }
    return embedded;
  }

  /** The same of the centres of the queries' references [Q, 4], [Q, D]. */
  private NDArray sines(NDArray references_Q4) {
    float[] frequencies = frequencies(config.width());
    NDArray centres_Q21 =
        Elementwise.sigmoid(Ops.narrow(references_Q4, 1, 0, AXES))
            .reshape(config.queries(), AXES, 1);
    NDArray angles = Ops.mul(centres_Q21, Ops.constant(frequencies, 1, 1, frequencies.length));
    return Elementwise.sin(angles)
        .concat(Elementwise.cos(angles), 2)
        .reshape(config.queries(), config.width());
  }

  private static float[] frequencies(int width) {
    int count = width / (2 * AXES);
    float[] frequencies = new float[count];
    for (int k = 0; k < count; k++) {
      double share = (double) k / count;
      frequencies[k] = (float) (2 * Math.PI / StrictMath.pow(TEMPERATURE, share));
    }
    return frequencies;
  }
}
