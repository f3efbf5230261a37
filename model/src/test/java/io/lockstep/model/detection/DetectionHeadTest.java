package io.lockstep.model.detection;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.image.Grid;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DetectionHeadTest {

  private static final int HIDDEN = 10;
  private static final int PICTURE = 9;
  private static final int MERGE = 2;
  private static final DetectionConfig CONFIG =
      new DetectionConfig(3, 2, 2, 8, List.of("bolt", "nut", "washer"));
  private static final DetectionHead HEAD = new DetectionHead(CONFIG, HIDDEN);

  /** Two rows: a picture of 2 x 3 tokens with an answer after it, and one of 2 x 1 tokens. */
  private static final Batch BATCH =
      batch(
          List.of(new Grid(1, 4, 6), new Grid(1, 4, 2)),
          new long[0],
          1,
          9,
          9,
          9,
          9,
          9,
          9,
          2,
          3, //
          0,
          0,
          0,
          0,
          1,
          9,
          9,
          2,
          3);

  @BeforeAll
  static void start() {
    Torch.start(1);
  }

  private static Batch batch(List<Grid> grids, long[] kept, long... ids) {
    int length = 9;
    return new Batch(
        ids.length / length,
        length,
        ids,
        new long[ids.length],
        new long[ids.length],
        new long[3 * ids.length],
        new long[ids.length / length],
        new float[0],
        grids,
        kept);
  }

  private static Parameters parameters(long seed) {
    Parameters parameters = new Parameters(new ParameterLayout(HEAD.parameters()));
    for (ParameterSpec spec : HEAD.parameters()) {
      HeadInitialiser.fill(spec, Buffer.of(parameters.get(spec.name())), seed);
    }
    return parameters;
  }

  private static float[] hidden(int rows, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] hidden = new float[rows * 9 * HIDDEN];
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] = (float) (random.nextDouble() * 4 - 2);
    }
    return hidden;
  }

  private static NDArray predict(Scope scope, Weights weights, Batch batch, NDArray hidden) {
    return HEAD.apply(
        weights, DetectionHead.Picture.of(scope, CONFIG, batch, PICTURE, MERGE), hidden);
  }

  private static float[] predict(Weights weights, Batch batch, float[] hidden) {
    try (Scope scope = Scope.open()) {
      NDArray states = Ops.constant(hidden, batch.rows(), batch.length(), HIDDEN);
      return predict(scope, weights, batch, states).toFloatArray();
    }
  }

  /** A sum in which every output counts otherwise. */
  private static NDArray sum(Scope scope, Weights weights, NDArray hidden) {
    NDArray predicted = predict(scope, weights, BATCH, hidden);
    float[] factors = new float[Math.toIntExact(predicted.size())];
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) (random.nextDouble() * 2 - 1);
    }
    return Ops.mul(predicted, Ops.constant(factors, predicted.getShape().getShape())).sum();
  }

  private static double sum(Weights weights, float[] hidden) {
    try (Scope scope = Scope.open()) {
      return sum(scope, weights, Ops.constant(hidden, 2, 9, HIDDEN)).getFloat();
    }
  }

  @Test
  void everyParametersGradientIsThatOfCentralDifferences() {
    float[] hidden = hidden(2, 1);
    try (Parameters parameters = parameters(3);
        Scope scope = Scope.open()) {
      // Biases that are not 0, so that all parts of the sum are there.
      SplittableRandom random = new SplittableRandom(8);
      parameters
          .byName()
          .forEach((name, values) -> {
            if (name.endsWith("bias")) {
              Buffer.of(values)
                  .write(host -> {
                    for (long i = 0; i < host.floats().size(); i++) {
                      host.floats().set(i, (float) (random.nextDouble() - 0.5));
                    }
                  });
            }
          });
      SequencedMap<String, NDArray> leaves = parameters.leaves();
      NDArray states = Autograd.leaf(Ops.constant(hidden, 2, 9, HIDDEN));
      NDArray sum = Autograd.recording(() -> sum(scope, leaves::get, states));
      Autograd.backward(sum, null);
      leaves.forEach((name, leaf) ->
          checkDirection(
              name,
              Autograd.gradient(leaf).toFloatArray(),
              Buffer.of(parameters.get(name)),
              () -> sum(parameters, hidden)));
      float[] ofHidden = Autograd.gradient(states).toFloatArray();
      float[] moved = hidden.clone();
      double length = length(ofHidden);
      double step = 1e-3;
      for (int i = 0; i < moved.length; i++) {
        moved[i] = hidden[i] + (float) (step * ofHidden[i] / length);
      }
      double up = sum(parameters, moved);
      for (int i = 0; i < moved.length; i++) {
        moved[i] = hidden[i] - (float) (step * ofHidden[i] / length);
      }
      assertEquals(length, (up - sum(parameters, moved)) / (2 * step), 2e-2 * length + 1e-3);
      for (int i = 0; i < ofHidden.length; i++) {
        boolean picture = BATCH.ids()[i / HIDDEN] == PICTURE;
        assertTrue(picture || ofHidden[i] == 0, "only the picture's tokens are read");
      }
    }
  }

  /** A number that is computed anew. */
  @FunctionalInterface
  private interface Measured {
    double value();
  }

  /** Along its gradient a sum grows by the gradient's length. */
  private static void checkDirection(
      String name, float[] gradient, Buffer values, Measured measured) {
    double length = length(gradient);
    if (name.endsWith("k_proj.bias")) {
      // The same for all keys, which a softmax does not see.
      assertEquals(0, length, 1e-5, name);
      return;
    }
    assertTrue(length > 1e-4, name + " is not reached");
    float[] before = values.toHost().floats().toArray();
    // Activations that change their sign bend the sum, roundings blur it: one step is small enough
    // for the former and large enough for the latter.
    double nearest = Double.POSITIVE_INFINITY;
    for (double step : new double[] {1e-3, 3e-4, 1e-4, 3e-5}) {
      move(values, before, gradient, step / length);
      double up = measured.value();
      move(values, before, gradient, -step / length);
      double down = measured.value();
      nearest = Math.min(nearest, Math.abs(length - (up - down) / (2 * step)));
    }
    move(values, before, gradient, 0);
    assertEquals(0, nearest, 1e-2 * length + 3e-3, name);
  }

  private static double length(float[] gradient) {
    double squares = 0;
    for (float value : gradient) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }

  private static void move(Buffer values, float[] before, float[] gradient, double factor) {
    values.write(host -> {
      for (int i = 0; i < before.length; i++) {
        host.floats().set(i, before[i] + (float) (factor * gradient[i]));
      }
    });
  }

  @Test
  void aRowHasTheSamePredictionsAloneAsAmongOthers() {
    try (Parameters parameters = parameters(3)) {
      float[] hidden = hidden(2, 1);
      float[] both = predict(parameters, BATCH, hidden);
      int size = CONFIG.queries() * CONFIG.outputs();
      Batch second = batch(List.of(new Grid(1, 4, 2)), new long[0], 0, 0, 0, 0, 1, 9, 9, 2, 3);
      float[] alone =
          predict(parameters, second, Arrays.copyOfRange(hidden, 9 * HIDDEN, 18 * HIDDEN));
      assertArrayEquals(Arrays.copyOfRange(both, size, 2 * size), alone, 1e-5f);
    }
  }

  @Test
  void boxesLieInThePictureAndQueriesDiffer() {
    try (Parameters parameters = parameters(3)) {
      float[] found = predict(parameters, BATCH, hidden(2, 1));
      for (int query = 0; query < 2 * CONFIG.queries(); query++) {
        for (int i = 0; i < 4; i++) {
          float number = found[query * CONFIG.outputs() + i];
          assertTrue(number > 0 && number < 1, "a box's number is " + number);
        }
      }
      assertTrue(Math.abs(found[0] - found[CONFIG.outputs()]) > 1e-3);
    }
  }

  @Test
  void whatATokenStandsForDecidesItsPlace() {
    PicturePlaces all = PicturePlaces.of(BATCH, PICTURE, MERGE);
    assertEquals(6, all.tokens());
    assertArrayEquals(
        new float[] {1 / 6f, 0.25f, 0.5f, 0.25f, 5 / 6f, 0.25f, 1 / 6f, 0.75f, 0.5f, 0.75f},
        Arrays.copyOf(all.centres(), 10),
        1e-6f);
    assertArrayEquals(
        new float[] {0.5f, 0.25f, 0.5f, 0.75f}, Arrays.copyOfRange(all.centres(), 12, 16), 1e-6f);
    assertArrayEquals(
        new boolean[] {true, true, false, false, false, false},
        Arrays.copyOfRange(all.seen(), 6, 12));
    // Of six tokens the second and the last are kept, of two the last.
    PicturePlaces some =
        PicturePlaces.of(
            batch(
                List.of(new Grid(1, 4, 6), new Grid(1, 4, 2)),
                new long[] {1, 5, 7},
                0,
                0,
                0,
                0,
                1,
                9,
                9,
                2,
                3, //
                0,
                0,
                0,
                0,
                0,
                1,
                9,
                2,
                3),
            PICTURE,
            MERGE);
    assertArrayEquals(
        new float[] {0.5f, 0.25f, 5 / 6f, 0.75f, 0.5f, 0.75f},
        Arrays.copyOf(some.centres(), 6),
        1e-6f);
  }

  @Test
  void aRowWithoutAPictureHasFiniteValues() {
    Batch mixed =
        batch(
            List.of(new Grid(1, 4, 2)),
            new long[0],
            0,
            0,
            0,
            0,
            1,
            2,
            3,
            2,
            3, //
            0,
            0,
            0,
            0,
            1,
            9,
            9,
            2,
            3);
    try (Parameters parameters = parameters(3)) {
      for (float value : predict(parameters, mixed, hidden(2, 1))) {
        assertTrue(Float.isFinite(value));
      }
    }
  }

  @Test
  void firstValuesComeFromSeedAndNameAlone() {
    try (Parameters one = parameters(3);
        Parameters same = parameters(3);
        Parameters other = parameters(4)) {
      assertTrue(Buffer.of(one.flat()).hasSameBytes(Buffer.of(same.flat())));
      assertTrue(!Buffer.of(one.flat()).hasSameBytes(Buffer.of(other.flat())));
    }
  }
}
