package io.lockstep.model.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.objective.VisualDistillation.Distance;
import io.lockstep.model.parameter.ParameterLayout.Slot;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a student sees pictures beside a teacher of other weights. */
@Tag("numeric")
class VisualDistillationTest {

  private static final Path FOLDER = GoldenFamily.QWEN3_VL.checkpoint();

  private static LoadedModel teacher;
  private static LoadedModel student;
  private static Batch batch;

  @BeforeAll
  static void open() throws IOException {
    Torch.start(1);
    teacher = LoadedModel.open(FOLDER);
    student = LoadedModel.initialise(FOLDER, 11);
    batch = GoldenBatch.of(GoldenFamily.QWEN3_VL).batch();
  }

  @AfterAll
  static void close() {
    teacher.close();
    student.close();
  }

  private static double distance(Distance distance, float[] student, float[] teacher, int rows) {
    return Autograd.inference(() -> {
      try (Scope scope = Scope.open()) {
        int width = student.length / rows;
        return (double)
            distance
                .sum(scope.fromFloats(student, rows, width), scope.fromFloats(teacher, rows, width))
                .getFloat();
      }
    });
  }

  @Test
  void distancesAreThoseComputedByHand() {
    float[] x = {1, 2, 2, 0, 3, 4};
    float[] y = {1, 0, 4, 0, 4, 3};
    assertEquals((0 + 4 + 4 + 0 + 1 + 1) / 3.0, distance(Distance.MSE, x, y, 2), 1e-6);
    double first = 1 - (1 + 8) / (3 * Math.sqrt(17));
    double second = 1 - (12 + 12) / 25.0;
    assertEquals(first + second, distance(Distance.COSINE, x, y, 2), 1e-6);
    assertEquals(0, distance(Distance.COSINE, x, new float[] {3, 6, 6, 0, 1.5f, 2}, 2), 1e-6);
    assertEquals(
        2, distance(Distance.COSINE, new float[] {0, 0, 0, 0}, new float[] {1, 1, 0, 0}, 2), 1e-6);
  }

  private static Objective objective(LoadedModel from, Distance distance, String... of) {
    List<String> names = List.of(of);
    Teacher shared = new Teacher(from.network(), new HashSet<>(names));
    return new Objective(
        List.of(
            new CrossEntropy("sft_loss", 0, Normaliser.TOKENS),
            new VisualDistillation("visual", names, distance, 0.5, shared)));
  }

  /**
   * What a pass has found, and all gradients by the number of their slot, for the sum of a step.
   */
  private record Pass(ObjectiveSums sums, SequencedMap<Integer, float[]> gradients) {
    double mean() {
      ObjectiveSums.Term visual = sums.terms().getLast();
      return visual.sum() / visual.normaliser();
    }
  }

  private static Pass pass(Objective objective, boolean recomputes) {
    SequencedMap<Integer, float[]> gradients = new TreeMap<>();
    Targets targets = Targets.of(batch);
    SegmentedModel.Outcome outcome =
        new SegmentedModel(student.config(), student.trainable(), recomputes, objective)
            .pass(
                batch,
                targets,
                new int[0],
                objective.factorsAlone(batch, targets),
                new SeededDropout.Pass(1, 0, 0, 0),
                SegmentWeights.resident(student.parameters()),
                (segment, ofSegment) -> {
                  for (int i = 0; i < ofSegment.size(); i++) {
                    gradients.put(segment.firstSlot() + i, ofSegment.get(i).toFloatArray());
                  }
                });
    return new Pass(outcome.total(), gradients);
  }

  /** Moves the student by so much of a gradient. */
  private static void move(SequencedMap<Integer, float[]> direction, double by) {
    var memory = Buffer.of(student.parameters().flat()).hostBytes();
    List<Slot> slots = student.parameters().layout().slots();
    direction.forEach((slot, values) -> {
      long first = slots.get(slot).offset();
      for (int i = 0; i < values.length; i++) {
        float before = memory.getAtIndex(ValueLayout.JAVA_FLOAT, first + i);
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, first + i, (float) (before + by * values[i]));
      }
    });
  }

  @ParameterizedTest
  @CsvSource({
    "MSE, vision_block_0, vision_block_1",
    "COSINE, vision_block_1, vision_merger",
    "MSE, vision_merger, vision_merger",
    "COSINE, vision_merger, deepstack_merger_0",
    "MSE, deepstack_merger_0, deepstack_merger_0",
  })
  void theGradientIsThatOfCentralDifferences(Distance distance, String first, String second) {
    Objective objective =
        first.equals(second)
            ? objective(teacher, distance, first)
            : objective(teacher, distance, first, second);
    Pass pass = pass(objective, false);
    double squares = 0;
    for (float[] values : pass.gradients().values()) {
      for (float value : values) {
        squares += (double) value * value;
      }
    }
    double norm = Math.sqrt(squares);
    assertTrue(norm > 0, "there is something to learn");
    double step = 1e-2 / norm;
    move(pass.gradients(), step);
    double after = pass(objective, false).mean();
    move(pass.gradients(), -2 * step);
    double before = pass(objective, false).mean();
    move(pass.gradients(), step);
    // Gradients are those of the weighted mean times all supervised tokens.
    double slope = 0.5 * (after - before) / (2 * step);
    assertEquals(squares / Targets.of(batch).count(), slope, 0.01 * slope);
    assertEquals(0.5 * pass.mean(), pass.sums().loss() / pass.sums().tokens(), 1e-6 * pass.mean());
  }

  @Test
  void recomputingSegmentsChangesNoBit() {
    Objective objective =
        objective(teacher, Distance.MSE, "vision_block_1", "vision_merger", "deepstack_merger_0");
    Pass kept = pass(objective, false);
    Pass recomputed = pass(objective, true);
    assertEquals(kept.sums(), recomputed.sums());
    kept.gradients()
        .forEach((slot, values) ->
            assertArrayEquals(values, recomputed.gradients().get(slot), "slot " + slot));
  }

  @Test
  void aStudentThatIsItsTeacherIsAtNoDistance() {
    for (Distance distance : Distance.values()) {
      Pass pass = pass(objective(student, distance, "vision_block_1", "vision_merger"), false);
      assertEquals(0, pass.mean(), 1e-6);
      assertEquals(batch.patches(), pass.sums().terms().getLast().normaliser());
    }
  }

  @Test
  void somethingIsComparedAndCounts() {
    assertThrows(IllegalArgumentException.class, () -> objective(teacher, Distance.MSE));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new VisualDistillation(
                "visual",
                List.of("vision_merger"),
                Distance.MSE,
                0,
                new Teacher(teacher.network(), new HashSet<>())));
  }
}
