package io.lockstep.model.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.objective.VisualDistillation.Distance;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
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

  private static GradientPass pass(Objective objective, boolean recomputes) {
    return GradientPass.of(student, objective, batch, recomputes);
  }

  /** The mean distance, before it is weighted. */
  private static double mean(GradientPass pass) {
    ObjectiveSums.Term visual = pass.sums().terms().getLast();
    return visual.sum() / visual.normaliser();
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
    GradientPass pass = pass(objective, false);
    double squares = pass.dot(pass);
    double norm = Math.sqrt(squares);
    assertTrue(norm > 0, "there is something to learn");
    double step = 1e-2 / norm;
    pass.move(student, step);
    double after = mean(pass(objective, false));
    pass.move(student, -2 * step);
    double before = mean(pass(objective, false));
    pass.move(student, step);
    // Gradients are those of the weighted mean times all supervised tokens.
    double slope = 0.5 * (after - before) / (2 * step);
    assertEquals(squares / Targets.of(batch).count(), slope, 0.01 * slope);
    assertEquals(0.5 * mean(pass), pass.sums().loss() / pass.sums().tokens(), 1e-6 * mean(pass));
  }

  @Test
  void recomputingSegmentsChangesNoBit() {
    Objective objective =
        objective(teacher, Distance.MSE, "vision_block_1", "vision_merger", "deepstack_merger_0");
    GradientPass kept = pass(objective, false);
    GradientPass recomputed = pass(objective, true);
    assertEquals(kept.sums(), recomputed.sums());
    kept.gradients()
        .forEach((slot, values) ->
            assertArrayEquals(values, recomputed.gradients().get(slot), "slot " + slot));
  }

  @Test
  void aStudentThatIsItsTeacherIsAtNoDistance() {
    for (Distance distance : Distance.values()) {
      GradientPass pass =
          pass(objective(student, distance, "vision_block_1", "vision_merger"), false);
      assertEquals(0, mean(pass), 1e-6);
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
