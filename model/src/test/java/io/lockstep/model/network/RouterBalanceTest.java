package io.lockstep.model.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.align.Tolerance;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.TrainableModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.objective.Activations;
import io.lockstep.model.objective.CrossEntropy;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.objective.RouterBalance;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The routers' auxiliary loss, against the public implementation and in a step of training. */
@Tag("numeric")
class RouterBalanceTest {

  private static final double WEIGHT = 0.25;
  private static final double FLOAT_ROUNDING = 1e-5;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  static Stream<DrawnShape> withExperts() {
    return DrawnShape.all().stream().filter(shape -> shape.toString().startsWith("qwen3_vl_moe-"));
  }

  /** A loss, and the gradients that it alone gives; zeros where it does not reach. */
  private record Reached(double loss, Map<String, float[]> gradients) {}

  private static Reached alone(DrawnShape shape, Parameters weights, Batch batch)
      throws IOException {
    ModelConfig config = shape.config();
    RouterBalance balance = new RouterBalance(new Network(config).routers(), WEIGHT);
    try (Scope scope = Scope.open()) {
      SequencedMap<String, NDArray> leaves = weights.leaves();
      VisionLanguageModel network = new VisionLanguageModel(config, leaves::get);
      Map<String, NDArray> heard = new HashMap<>();
      NDArray loss =
          Autograd.recording(() -> {
            NDArray hidden = network.hidden(scope, batch, null, new Routers(scope, heard));
            return balance
                .begin(scope, batch, name -> Objects.requireNonNull(heard.get(name), name))
                .sum(network.prediction(scope, batch, hidden, Targets.of(batch)));
          });
      Autograd.backward(loss, null);
      Map<String, float[]> gradients = new HashMap<>();
      leaves.forEach((name, leaf) -> gradients.put(name, gradient(leaf)));
      return new Reached(loss.getFloat(), gradients);
    }
  }

  /** Keeps what routers say beyond the segment that has them. */
  private record Routers(Scope scope, Map<String, NDArray> heard) implements ActivationListener {
    @Override
    public void accept(String name, NDArray activation) {}

    @Override
    public void router(int layer, NDArray probabilities) {
      heard.put(
          Activations.router(layer), scope.keep(probabilities.reshape(probabilities.getShape())));
    }
  }

  private static float[] gradient(NDArray leaf) {
    try {
      return Autograd.gradient(leaf).toFloatArray();
    } catch (IllegalStateException e) {
      return new float[Math.toIntExact(leaf.size())];
    }
  }

  @ParameterizedTest
  @MethodSource("withExperts")
  void lossAndGradientsEqualThePublicImplementation(DrawnShape shape) throws IOException {
    Batch batch = shape.collator().collate(shape.rows());
    try (Parameters weights = shape.weights();
        SafetensorsFile reference = shape.router()) {
      Reached found = alone(shape, weights, batch);
      double wanted = shape.doubles(reference, "router_aux")[0];
      assertEquals(wanted, found.loss(), FLOAT_ROUNDING * wanted);
      double largest = 0;
      for (String name : found.gradients().keySet()) {
        largest = Math.max(largest, shape.doubles(reference, name)[1]);
      }
      for (Map.Entry<String, float[]> gradient : found.gradients().entrySet()) {
        double[] expected = shape.doubles(reference, gradient.getKey());
        double[] described = shape.described(gradient.getKey(), gradient.getValue());
        // Balanced routers leave gradients that are differences of almost equal numbers.
        double most = Tolerance.FLOAT32.gradient() * Math.max(expected[1], 1e-3 * largest);
        assertEquals(expected[0], described[0], most, gradient.getKey());
        assertEquals(expected[1], described[1], most, gradient.getKey());
      }
    }
  }

  /** Its gradient is added to the cross entropy's, through all layers below a router. */
  @ParameterizedTest
  @MethodSource("withExperts")
  void inAStepItIsAddedWithItsFactor(DrawnShape shape) throws IOException {
    Batch batch = shape.collator().collate(shape.learnedRows());
    Targets targets = Targets.of(batch);
    ModelConfig config = shape.config();
    Objective objective =
        Objective.of(new Network(config), Optional.empty(), Optional.empty(), WEIGHT, List.of());
    double[] factors = objective.factors(new long[] {targets.count(), 1});
    assertArrayEquals(new double[] {1, WEIGHT * targets.count()}, factors);
    try (Parameters weights = shape.weights()) {
      Reached balance = alone(shape, weights, batch);
      Pass plain = pass(config, weights, batch, Objective.CROSS_ENTROPY, new double[] {1}, false);
      Pass both = pass(config, weights, batch, objective, factors, false);
      Pass recomputed = pass(config, weights, batch, objective, factors, true);
      double sum = plain.outcome().total().loss() + factors[1] * balance.loss();
      assertEquals(sum, both.outcome().total().loss(), FLOAT_ROUNDING * sum);
      assertEquals(2, both.outcome().total().terms().size());
      assertEquals(both.outcome().total(), recomputed.outcome().total());
      List<String> names =
          config.layout().slots().stream().map(slot -> slot.spec().name()).toList();
      for (int i = 0; i < names.size(); i++) {
        assertArrayEquals(both.gradients().get(i), recomputed.gradients().get(i), names.get(i));
        float[] wanted = plain.gradients().get(i).clone();
        float[] added = Objects.requireNonNull(balance.gradients().get(names.get(i)));
        double largest = 0;
        for (int j = 0; j < wanted.length; j++) {
          wanted[j] += (float) (factors[1] * added[j]);
          largest = Math.max(largest, Math.abs(wanted[j]));
        }
        assertArrayEquals(
            wanted,
            both.gradients().get(i),
            (float) (FLOAT_ROUNDING * 10 * largest + 1e-6),
            names.get(i));
      }
    }
  }

  /** What a pass has found, and all gradients in the order of the layout. */
  private record Pass(SegmentedModel.Outcome outcome, List<float[]> gradients) {}

  private static Pass pass(
      ModelConfig config,
      Parameters weights,
      Batch batch,
      Objective objective,
      double[] factors,
      boolean recomputes)
      throws IOException {
    TreeMap<Integer, float[]> gradients = new TreeMap<>();
    SegmentedModel.Outcome outcome =
        new SegmentedModel(
                config,
                TrainableModel.of(Tuning.full(), Path.of(""), weights),
                recomputes,
                objective)
            .pass(
                batch,
                Targets.of(batch),
                new int[0],
                factors,
                new SeededDropout.Pass(1, 0, 0, 0),
                SegmentWeights.resident(weights),
                (segment, ofSegment) -> {
                  for (int i = 0; i < ofSegment.size(); i++) {
                    gradients.put(segment.firstSlot() + i, ofSegment.get(i).toFloatArray());
                  }
                });
    return new Pass(outcome, new ArrayList<>(gradients.values()));
  }

  @Test
  void aModelWithoutExpertsHasNothingToBalance() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> new RouterBalance(new TreeMap<>(), WEIGHT));
    assertEquals("the model has no experts whose use could be balanced", error.getMessage());
  }

  @Test
  void aTermWithoutAnythingInAStepIsDividedByOne() {
    Router router = new Router(4, 2);
    Objective objective =
        new Objective(
            List.of(new CrossEntropy(), new RouterBalance(new TreeMap<>(Map.of(0, router)), 2)));
    assertArrayEquals(new double[] {1, 14}, objective.factors(new long[] {7, 0}));
    assertArrayEquals(new double[] {1, 10}, objective.factors(new long[] {20, 4}));
  }
}
