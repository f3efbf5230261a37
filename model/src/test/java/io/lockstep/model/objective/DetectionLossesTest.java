package io.lockstep.model.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.batch.TrueObject;
import io.lockstep.model.batch.Truth;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.detection.Focal;
import io.lockstep.model.detection.Matching;
import io.lockstep.model.detection.MatchingMethod;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.Network;
import io.lockstep.model.network.Prediction;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The four terms against numbers worked out one by one, and their gradients. */
class DetectionLossesTest {

  private static final DetectionConfig CONFIG =
      new DetectionConfig(3, 1, 1, 4, List.of("bolt", "nut"));
  private static final Matching MATCHING = new Matching(MatchingMethod.HUNGARIAN, 5, 2, 1, 1);

  /** Row 0 has two objects, row 1 is known to be empty, of row 2 nothing is known. */
  private static final List<Optional<Truth>> TRUTHS =
      List.of(
          Optional.of(
              new Truth(
                  List.of(
                      new TrueObject(0.25f, 0.25f, 0.5f, 0.5f, 1),
                      new TrueObject(0.75f, 0.7f, 0.2f, 0.3f, 0)))),
          Optional.of(new Truth(List.of())),
          Optional.empty());

  /** Boxes, objectness and two caption logits of three queries in three rows. */
  private static final float[] PREDICTIONS = {
    0.5f, 0.5f, 0.4f, 0.4f, -1, 0.1f, 0.2f, //
    0.7f, 0.72f, 0.3f, 0.2f, 0.5f, 0.9f, -0.4f, //
    0.3f, 0.2f, 0.45f, 0.6f, 1.5f, -0.3f, 0.8f, //
    0.5f, 0.5f, 0.5f, 0.5f, 0.25f, 0, 0, //
    0.2f, 0.2f, 0.1f, 0.1f, -3, 0, 0, //
    0.8f, 0.8f, 0.1f, 0.1f, -2, 0, 0, //
    0.5f, 0.5f, 0.5f, 0.5f, 4, 0, 0, //
    0.2f, 0.2f, 0.1f, 0.1f, 4, 0, 0, //
    0.8f, 0.8f, 0.1f, 0.1f, 4, 0, 0, //
  };

  /** The queries that lie nearest: 2 for the first object, 1 for the second. */
  private static final int[] ANSWERS = {2, 1};

  private static final int OUTPUTS = 7;

  private static ModelConfig config;

  @BeforeAll
  static void start() throws IOException {
    Torch.start(1);
    config = ModelFamilies.read(GoldenFamily.QWEN3_VL.checkpoint().resolve("config.json"));
  }

  private static Batch batch(List<Optional<Truth>> truths) throws IOException {
    Batch any = GoldenBatch.of(GoldenFamily.QWEN3_VL).batch();
    return new Batch(
        3,
        any.length(),
        any.ids(),
        any.attentionMask(),
        any.labels(),
        any.positionIds(),
        any.nextPositions(),
        any.pixels(),
        any.grids(),
        any.keptTokens(),
        truths);
  }

  private static List<LossTerm> terms() {
    return DetectionLosses.of(CONFIG, MATCHING, Focal.PUBLISHED);
  }

  private static double sum(LossTerm term, Batch batch, float[] predictions) {
    try (Scope scope = Scope.open()) {
      NDArray values = Ops.constant(predictions, 3, 3, OUTPUTS);
      return term.begin(scope, batch, _ -> values).sum(part(scope, batch)).getFloat();
    }
  }

  /** The positions of a pass, at which these terms don't look. */
  private static Prediction part(Scope scope, Batch batch) {
    NDArray hidden_BTH =
        scope.zeros(Dtype.FLOAT32, batch.rows(), batch.length(), config.text().hiddenSize());
    return new Network(config)
        .prediction(
            scope, _ -> null, batch, hidden_BTH, new Targets(new long[] {0}, new long[] {0}));
  }

  private static double expected(String name) {
    double sum = 0;
    List<TrueObject> objects = TRUTHS.getFirst().orElseThrow().objects();
    for (int i = 0; i < ANSWERS.length; i++) {
      int at = ANSWERS[i] * OUTPUTS;
      TrueObject object = objects.get(i);
      float[] wanted = {object.centreX(), object.centreY(), object.width(), object.height()};
      switch (name) {
        case "box_loss" -> {
          for (int k = 0; k < 4; k++) {
            sum += Math.abs(wanted[k] - PREDICTIONS[at + k]);
          }
        }
        case "giou_loss" -> sum += 1 - giou(wanted, PREDICTIONS, at);
        case "caption_loss" -> {
          double a = Math.exp(PREDICTIONS[at + 5]);
          double b = Math.exp(PREDICTIONS[at + 6]);
          sum -= Math.log((object.caption() == 0 ? a : b) / (a + b));
        }
        default -> throw new IllegalArgumentException(name);
      }
    }
    return sum;
  }

  private static double giou(float[] a, float[] b, int at) {
    double[] low = new double[2];
    double[] high = new double[2];
    double[] outerLow = new double[2];
    double[] outerHigh = new double[2];
    for (int axis = 0; axis < 2; axis++) {
      double a1 = a[axis] - a[axis + 2] / 2.0;
      double a2 = a[axis] + a[axis + 2] / 2.0;
      double b1 = b[at + axis] - b[at + axis + 2] / 2.0;
      double b2 = b[at + axis] + b[at + axis + 2] / 2.0;
      low[axis] = Math.max(a1, b1);
      high[axis] = Math.min(a2, b2);
      outerLow[axis] = Math.min(a1, b1);
      outerHigh[axis] = Math.max(a2, b2);
    }
    double shared = Math.max(0, high[0] - low[0]) * Math.max(0, high[1] - low[1]);
    double union = (double) a[2] * a[3] + (double) b[at + 2] * b[at + 3] - shared;
    double outer = (outerHigh[0] - outerLow[0]) * (outerHigh[1] - outerLow[1]);
    return shared / union - (outer - union) / outer;
  }

  @Test
  void boxesAndCaptionsAreThoseOfTheMatchedQueries() throws IOException {
    Batch batch = batch(TRUTHS);
    for (LossTerm term : terms()) {
      if (!term.name().equals("objectness_loss")) {
        assertEquals(expected(term.name()), sum(term, batch, PREDICTIONS), 1e-5, term.name());
      }
    }
  }

  @Test
  void everyQueryOfAKnownPictureLearnsWhetherItHasFoundSomething() throws IOException {
    double expected = 0;
    for (int query = 0; query < 6; query++) {
      double p = 1 / (1 + Math.exp(-PREDICTIONS[query * OUTPUTS + 4]));
      boolean found = query == 1 || query == 2;
      expected -= found ? 0.25 * (1 - p) * (1 - p) * Math.log(p) : 0.75 * p * p * Math.log(1 - p);
    }
    assertEquals(expected, sum(terms().getFirst(), batch(TRUTHS), PREDICTIONS), 1e-5);
  }

  @Test
  void gradientsAreThoseOfCentralDifferences() throws IOException {
    Batch batch = batch(TRUTHS);
    float step = 1e-3f;
    for (LossTerm term : terms()) {
      float[] gradient;
      try (Scope scope = Scope.open()) {
        NDArray leaf = Autograd.leaf(Ops.constant(PREDICTIONS, 3, 3, OUTPUTS));
        Prediction part = part(scope, batch);
        NDArray sum = Autograd.recording(() -> term.begin(scope, batch, _ -> leaf).sum(part));
        Autograd.backward(sum, null);
        gradient = Autograd.gradient(leaf).toFloatArray();
      }
      for (int i = 0; i < PREDICTIONS.length; i++) {
        float[] up = PREDICTIONS.clone();
        float[] down = PREDICTIONS.clone();
        up[i] += step;
        down[i] -= step;
        double measured = (sum(term, batch, up) - sum(term, batch, down)) / (2 * step);
        assertEquals(measured, gradient[i], 1e-2, term.name() + " at " + i);
        if (i >= 6 * OUTPUTS) {
          assertEquals(0, Math.abs(gradient[i]), "a row of which nothing is known teaches nothing");
        }
      }
    }
  }

  @Test
  void anEmptyPictureIsMeasuredByItsObjectnessAlone() throws IOException {
    Batch empty = batch(List.of(Optional.empty(), TRUTHS.get(1), Optional.empty()));
    List<LossTerm> terms = new ArrayList<>(terms());
    assertTrue(terms.removeFirst().measures(empty));
    terms.forEach(term -> assertFalse(term.measures(empty), term.name()));
    Batch unknown = batch(List.of());
    terms().forEach(term -> assertFalse(term.measures(unknown), term.name()));
  }

  @Test
  void termsOfNoWeightAreLeftOut() {
    List<String> names =
        DetectionLosses.of(
                CONFIG, new Matching(MatchingMethod.HUNGARIAN, 5, 0, 1, 0), Focal.PUBLISHED)
            .stream()
            .map(LossTerm::name)
            .toList();
    assertEquals(List.of("objectness_loss", "box_loss"), names);
  }
}
