package io.lockstep.model.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.network.Network;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.objective.Objective.Turns;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The losses of a teacher's and of a student's turns: each differentiated as it is logged. */
@Tag("numeric")
class CrossEntropyTest {

  private static LoadedModel model;

  /** Answers of which the first half of some is a teacher's. */
  private static Batch batch;

  private static Targets targets;

  @BeforeAll
  static void open() throws IOException {
    Torch.start(1);
    model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint());
    batch = batch(true);
    targets = Targets.of(batch);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Batch batch(boolean demonstrations) throws IOException {
    List<Sample> rows = new ArrayList<>();
    for (Sample sample : GoldenFamily.QWEN3_VL.samples(model.encoder())) {
      // Every other row has no demonstration.
      boolean shown = demonstrations && rows.size() % 2 == 0;
      rows.add(shown ? withTeacher(sample) : sample);
    }
    return model.collator().collate(rows);
  }

  private static Sample withTeacher(Sample sample) {
    byte[] marks = new byte[sample.tokens().length];
    int learned = 0;
    for (int label : sample.labels()) {
      learned += label == Sample.IGNORED ? 0 : 1;
    }
    int left = learned / 2;
    for (int i = 0; i < marks.length && left > 0; i++) {
      if (sample.labels()[i] != Sample.IGNORED) {
        marks[i] = Marks.of(Optional.empty(), true);
        left--;
      }
    }
    return new Sample(
        sample.name(), sample.tokens(), sample.labels(), sample.images(), sample.kept(), marks);
  }

  private static Objective weighted(double teacher, double student) {
    return new Objective(
        List.of(CrossEntropy.ofTeachers(teacher), CrossEntropy.ofStudents(student)));
  }

  private static GradientPass pass(Objective objective, Batch of) {
    return GradientPass.of(model, objective, of, false);
  }

  /** The mean loss of one side, computed apart: from logits, in doubles. */
  private static double mean(Normaliser side) {
    return Autograd.inference(() -> {
      try (Scope scope = Scope.open()) {
        VisionLanguageModel network = model.network();
        var hidden_BTH = network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE);
        float[] logits =
            network.prediction(scope, batch, hidden_BTH, targets).logits().toFloatArray();
        int vocabulary = logits.length / targets.count();
        double sum = 0;
        int count = 0;
        for (int i = 0; i < targets.count(); i++) {
          if (Marks.isTeachers(targets.marks()[i]) == (side == Normaliser.TEACHER_TOKENS)) {
            double most = Double.NEGATIVE_INFINITY;
            for (int v = 0; v < vocabulary; v++) {
              most = Math.max(most, logits[i * vocabulary + v]);
            }
            double exponentials = 0;
            for (int v = 0; v < vocabulary; v++) {
              exponentials += Math.exp(logits[i * vocabulary + v] - most);
            }
            int wanted = Math.toIntExact(targets.labels()[i]);
            sum += most + Math.log(exponentials) - logits[i * vocabulary + wanted];
            count++;
          }
        }
        return sum / count;
      }
    });
  }

  @ParameterizedTest
  @EnumSource(names = {"TEACHER_TOKENS", "STUDENT_TOKENS"})
  void theGradientOfEitherLossIsThatOfCentralDifferences(Normaliser along) {
    GradientPass direction =
        pass(
            weighted(
                along == Normaliser.TEACHER_TOKENS ? 1 : 0,
                along == Normaliser.STUDENT_TOKENS ? 1 : 0),
            batch);
    GradientPass both = pass(weighted(0.3, 1), batch);
    double norm = Math.sqrt(direction.dot(direction));
    assertTrue(norm > 0, "there is something to learn");
    double step = 2e-4 / norm;
    direction.move(model, step);
    double[] after = {mean(Normaliser.TEACHER_TOKENS), mean(Normaliser.STUDENT_TOKENS)};
    direction.move(model, -2 * step);
    double[] before = {mean(Normaliser.TEACHER_TOKENS), mean(Normaliser.STUDENT_TOKENS)};
    direction.move(model, step);
    // Gradients are those of sums over all supervised tokens.
    double tokens = targets.count();
    int side = along == Normaliser.TEACHER_TOKENS ? 0 : 1;
    double own = (after[side] - before[side]) / (2 * step);
    assertEquals(own, direction.dot(direction) / tokens, 5e-3 * own);
    double sum = 0.3 * (after[0] - before[0]) / (2 * step) + (after[1] - before[1]) / (2 * step);
    assertEquals(sum, both.dot(direction) / tokens, 5e-3 * Math.abs(sum));
  }

  @Test
  void whatIsLoggedAreTheMeansAndTheirWeightedSumIsWhatIsMinimised() {
    ObjectiveSums sums = pass(weighted(0.3, 1), batch).sums();
    ObjectiveSums.Term teacher = sums.terms().getFirst();
    ObjectiveSums.Term student = sums.terms().getLast();
    assertEquals(
        List.of("teacher_lm_loss", "student_lm_loss"), List.of(teacher.name(), student.name()));
    assertEquals(targets.count(), teacher.normaliser() + student.normaliser());
    assertTrue(teacher.normaliser() > 0 && student.normaliser() > teacher.normaliser());
    double teacherMean = teacher.sum() / teacher.normaliser();
    double studentMean = student.sum() / student.normaliser();
    assertEquals(mean(Normaliser.TEACHER_TOKENS), teacherMean, 1e-5);
    assertEquals(mean(Normaliser.STUDENT_TOKENS), studentMean, 1e-5);
    assertEquals(0.3 * teacherMean + studentMean, sums.loss() / sums.tokens(), 1e-6);
  }

  @Test
  void withoutDemonstrationsTheStudentLearnsAsFromTheCrossEntropyAlone() throws IOException {
    Batch alone = batch(false);
    GradientPass turns = pass(weighted(0.3, 1), alone);
    GradientPass plain = pass(Objective.CROSS_ENTROPY, alone);
    assertEquals(plain.sums().loss(), turns.sums().loss());
    assertEquals(new ObjectiveSums.Term("teacher_lm_loss", 0, 0), turns.sums().terms().getFirst());
    plain
        .gradients()
        .forEach((slot, values) -> assertArrayEquals(values, turns.gradients().get(slot)));
  }

  @Test
  void atWeight0ATeachersTokensAreContextAndStillLogged() {
    GradientPass weightless = pass(weighted(0, 1), batch);
    GradientPass weighted = pass(weighted(0.3, 1), batch);
    assertEquals(weighted.sums().terms(), weightless.sums().terms());
    // The same as if nobody had ever wanted the teacher's tokens.
    long[] students = targets.only(mark -> !Marks.isTeachers(mark)).labels();
    long[] labels = batch.labels().clone();
    for (int i = 0; i < students.length; i++) {
      labels[Math.toIntExact(targets.rows()[i] + 1)] = students[i];
    }
    Batch unlabelled =
        new Batch(
            batch.rows(),
            batch.length(),
            batch.ids(),
            batch.attentionMask(),
            labels,
            batch.positionIds(),
            batch.nextPositions(),
            batch.pixels(),
            batch.grids(),
            batch.keptTokens());
    GradientPass alone = pass(Objective.CROSS_ENTROPY, unlabelled);
    double scale = (double) targets.count() / Targets.of(unlabelled).count();
    assertEquals(scale * alone.sums().loss(), weightless.sums().loss(), 1e-5 * alone.sums().loss());
    alone
        .gradients()
        .forEach((slot, values) -> {
          float[] own = Objects.requireNonNull(weightless.gradients().get(slot));
          double largest = 1e-6;
          for (float value : values) {
            largest = Math.max(largest, scale * Math.abs(value));
          }
          for (int i = 0; i < values.length; i++) {
            assertEquals(scale * values[i], own[i], 1e-4 * largest + 1e-5);
          }
        });
  }

  @Test
  void positionsOfWhichNothingCountsGiveAZeroGradient() {
    Batch teachers = teachersAlone();
    GradientPass nothing = pass(weighted(0, 1), teachers);
    assertEquals(0, nothing.sums().loss());
    assertTrue(nothing.sums().terms().getFirst().sum() > 0, "it is logged");
    nothing
        .gradients()
        .forEach((slot, values) -> assertArrayEquals(new float[values.length], values));
  }

  private static Batch teachersAlone() {
    byte[] marks = new byte[batch.labels().length];
    Arrays.fill(marks, Marks.of(Optional.empty(), true));
    return new Batch(
        batch.rows(),
        batch.length(),
        batch.ids(),
        batch.attentionMask(),
        batch.labels(),
        batch.positionIds(),
        batch.nextPositions(),
        batch.pixels(),
        batch.grids(),
        batch.keptTokens(),
        List.of(),
        marks);
  }

  @Test
  void aStepsCountsAreToldApart() {
    Objective objective =
        Objective.of(network(), Optional.empty(), Optional.of(new Turns(0.3, 1)), 0, List.of());
    assertEquals(
        List.of(Normaliser.TOKENS, Normaliser.TEACHER_TOKENS, Normaliser.STUDENT_TOKENS),
        objective.normalisers());
    assertTrue(objective.needsCounts());
    assertFalse(Objective.CROSS_ENTROPY.needsCounts());
    assertArrayEquals(
        new double[] {0.3 * 30 / 10, 30 / 20.0}, objective.factors(new long[] {30, 10, 20}), 1e-15);
    assertEquals(1, objective.factors(new long[] {30, 0, 30})[1], "the student counts alone");
  }

  private static Network network() {
    return new Network(model.config());
  }
}
