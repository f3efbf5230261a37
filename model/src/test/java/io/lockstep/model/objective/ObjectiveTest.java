package io.lockstep.model.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import io.lockstep.data.conversation.TokenKind;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.segment.KindCounts;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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

  /** A cross entropy of that name and weight. */
  private record Weighted(String name, double weight) implements LossTerm {
    @Override
    public OfPass begin(Scope scope, Batch batch, Activations activations) {
      return new CrossEntropy().begin(scope, batch, activations);
    }
  }

  @BeforeAll
  static void passOnce() throws IOException {
    Torch.start(1);
    model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint());
    batch = GoldenBatch.of(GoldenFamily.QWEN3_VL).batch();
    crossEntropy = pass(Objective.CROSS_ENTROPY, new int[0]);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Pass pass(Objective objective, int[] groups) {
    return pass(objective, Targets.of(batch), groups);
  }

  private static Pass pass(Objective objective, Targets targets, int[] groups) {
    List<float[]> gradients = new ArrayList<>();
    SegmentedModel.Outcome outcome =
        new SegmentedModel(model.config(), model.trainable(), false, objective)
            .pass(
                batch,
                targets,
                groups,
                objective.factorsAlone(batch, targets),
                new SeededDropout.Pass(1, 0, 0, 0),
                SegmentWeights.resident(model.parameters()),
                (segment, ofSegment) ->
                    ofSegment.stream().map(NDArray::toFloatArray).forEach(gradients::add));
    return new Pass(outcome, gradients);
  }

  @Test
  void twiceTheWeightGivesTwiceTheGradientAndTheLoss() {
    Pass twice = pass(new Objective(List.of(new Weighted("loss", 2))), new int[0]);
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
    Pass both =
        pass(new Objective(List.of(new Weighted("a", 0.5), new Weighted("b", 0.5))), new int[0]);
    assertEquals(loss(crossEntropy), loss(both));
    assertEquals(2, both.outcome().total().terms().size());
    both.outcome()
        .total()
        .terms()
        .forEach(term -> assertEquals(loss(crossEntropy), term.sum(), term.name()));
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
    Pass apart = pass(Objective.CROSS_ENTROPY, groups);
    assertEquals(loss(crossEntropy), loss(apart));
    assertEquals(2, apart.outcome().groups().size());
    ObjectiveSums all =
        apart.outcome().groups().values().stream().reduce(ObjectiveSums.NONE, ObjectiveSums::plus);
    assertEquals(targets, all.tokens());
    assertEquals(loss(crossEntropy), all.loss(), 1e-5 * loss(crossEntropy));
    assertEquals(crossEntropy.outcome().total().correct(), all.correct());
    for (int i = 0; i < apart.gradients().size(); i++) {
      assertArrayEquals(crossEntropy.gradients().get(i), apart.gradients().get(i));
    }
  }

  @Test
  void kindsAreCountedAsGroupsOfTheirOwnWouldBeAndChangeNothing() {
    Targets all = Targets.of(batch);
    int[] kinds = new int[all.count()];
    byte[] marks = new byte[all.count()];
    for (int i = 0; i < kinds.length; i++) {
      kinds[i] = i % 4;
      marks[i] =
          Marks.of(kinds[i] == 0 ? Optional.empty() : Optional.of(TokenKind.of(kinds[i])), false);
    }
    Pass byGroup = pass(Objective.CROSS_ENTROPY, kinds);
    Targets marked = new Targets(all.rows(), all.labels(), marks);
    Pass byKind = pass(Objective.CROSS_ENTROPY, marked, new int[kinds.length]);
    KindCounts counts = Objects.requireNonNull(byKind.outcome().kinds().get(0));
    assertEquals(TokenKind.values().length, counts.ofKind().size());
    counts
        .ofKind()
        .forEach((kind, count) -> {
          ObjectiveSums group =
              Objects.requireNonNull(byGroup.outcome().groups().get(kind.number()));
          assertEquals(new KindCounts.Count(group.tokens(), group.correct()), count);
        });
    assertEquals(loss(crossEntropy), loss(byKind));
    for (int i = 0; i < byKind.gradients().size(); i++) {
      assertArrayEquals(crossEntropy.gradients().get(i), byKind.gradients().get(i));
    }
  }

  @Test
  void anObjectiveWithoutATermOverTokensIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Objective(List.of()));
    LossTerm twice = new Weighted("a", 1);
    assertThrows(IllegalArgumentException.class, () -> new Objective(List.of(twice, twice)));
  }

  private static double loss(Pass pass) {
    return pass.outcome().total().loss();
  }
}
