package io.lockstep.model.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.network.Prediction;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is logged of an objective is what is differentiated. */
class ObjectiveTest {

  private static LoadedModel model;
  private static Batch batch;
  private static Pass crossEntropy;

  /** What a pass has found, and all gradients from the last segment to the first. */
  private record Pass(SegmentedModel.Outcome outcome, List<float[]> gradients) {}

  /** Cross entropies of these names and weights. */
  private record Weighted(Map<String, Double> weights, long more) implements Objective {

    @Override
    public String name() {
      return "weighted";
    }

    @Override
    public List<Term> terms(Prediction prediction) {
      List<Term> terms = new ArrayList<>();
      weights.forEach((name, weight) -> {
        Term term = new CrossEntropy().terms(prediction).getFirst();
        terms.add(new Term(name, term.sum(), term.normaliser() + more * terms.size(), weight));
      });
      return terms;
    }
  }

  @BeforeAll
  static void passOnce() throws IOException {
    Torch.start(1);
    model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint());
    batch = GoldenBatch.of(GoldenFamily.QWEN3_VL).batch();
    crossEntropy = pass(Objectives.standard(), new int[0]);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Pass pass(Objective objective, int[] groups) {
    List<float[]> gradients = new ArrayList<>();
    SegmentedModel.Outcome outcome =
        new SegmentedModel(model.config(), model.trainable(), false, objective)
            .pass(
                batch,
                Targets.of(batch),
                groups,
                new SeededDropout.Pass(1, 0, 0, 0),
                SegmentWeights.resident(model.parameters()),
                (segment, ofSegment) ->
                    ofSegment.stream().map(NDArray::toFloatArray).forEach(gradients::add));
    return new Pass(outcome, gradients);
  }

  @Test
  void twiceTheWeightGivesTwiceTheGradientAndTheLoss() {
    Pass twice = pass(new Weighted(Map.of("loss", 2.0), 0), new int[0]);
    assertEquals(2 * loss(crossEntropy), loss(twice));
    for (int i = 0; i < twice.gradients().size(); i++) {
      float[] doubled = crossEntropy.gradients().get(i).clone();
      for (int j = 0; j < doubled.length; j++) {
        doubled[j] *= 2;
      }
      assertArrayEquals(doubled, twice.gradients().get(i));
    }
  }

  @Test
  void termsAreLoggedByNameAndAddUp() {
    Pass both = pass(new Weighted(Map.of("a", 0.5, "b", 0.5), 0), new int[0]);
    assertEquals(loss(crossEntropy), loss(both));
    assertEquals(2, both.outcome().total().terms().size());
    both.outcome()
        .total()
        .terms()
        .forEach((name, sum) -> assertEquals(loss(crossEntropy), sum.sum(), name));
    for (int i = 0; i < both.gradients().size(); i++) {
      assertArrayEquals(crossEntropy.gradients().get(i), both.gradients().get(i));
    }
  }

  @Test
  void groupsMakeUpTheWholeAndChangeNothing() {
    int targets = Targets.of(batch).count();
    int[] groups = new int[targets];
    for (int i = 0; i < targets; i++) {
      groups[i] = i % 2;
    }
    Pass apart = pass(Objectives.standard(), groups);
    assertEquals(loss(crossEntropy), loss(apart));
    assertEquals(2, apart.outcome().groups().size());
    ObjectiveSums all =
        apart.outcome().groups().values().stream().reduce(ObjectiveSums.NONE, ObjectiveSums::plus);
    assertEquals(targets, all.normaliser());
    assertEquals(loss(crossEntropy), all.loss(), 1e-5 * loss(crossEntropy));
    assertEquals(
        crossEntropy.outcome().total().figure(Objective.Figure.TOKEN_ACCURACY),
        all.figure(Objective.Figure.TOKEN_ACCURACY));
    for (int i = 0; i < apart.gradients().size(); i++) {
      assertArrayEquals(crossEntropy.gradients().get(i), apart.gradients().get(i));
    }
  }

  @Test
  void termsOfDifferentNormalisersAreRefusedByName() {
    IllegalStateException error =
        assertThrows(
            IllegalStateException.class,
            () -> pass(new Weighted(Map.of("a", 0.5, "b", 0.5), 1), new int[0]));
    String message = String.valueOf(error.getMessage());
    assertTrue(
        message.contains("weighted") && message.contains("a") && message.contains("b"), message);
  }

  private static double loss(Pass pass) {
    return pass.outcome().total().loss();
  }
}
