package io.lockstep.model.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.ModelInputs;
import io.lockstep.model.checkpoint.TeacherMatch;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A student beside a teacher of other weights, and one that is its own teacher. */
@Tag("numeric")
class DistillationTest {

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

  /** The sum over all positions, in parts of so many, with weights by name. */
  private static double sum(
      Distillation distillation, Map<String, NDArray> weights, int positions) {
    return Autograd.inference(() -> {
      try (Scope scope = Scope.open()) {
        VisionLanguageModel network = new VisionLanguageModel(student.config(), weights::get);
        NDArray hidden = network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE);
        LossTerm.OfPass ofPass = distillation.begin(scope, batch, Activations.NONE);
        double sum = 0;
        for (Targets part : Targets.of(batch).parts(positions)) {
          sum += ofPass.sum(network.prediction(scope, batch, hidden, part)).getFloat();
        }
        return sum;
      }
    });
  }

  private static Distillation of(LoadedModel model, double beta) {
    return new Distillation(new Teacher(model.network(), Set.of()), new JensenShannon(beta, 1));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.5, 1})
  void partsAddUpToTheWholeAndAnOwnTeacherIsAtNoDistance(double beta) {
    Map<String, NDArray> weights = student.parameters().byName();
    int all = Targets.of(batch).count();
    double whole = sum(of(teacher, beta), weights, all);
    assertTrue(whole > 0.01 * all, "the weights differ: " + whole);
    assertEquals(whole, sum(of(teacher, beta), weights, 7), 1e-5 * whole);
    assertEquals(0, sum(of(student, beta), weights, all) / all, 1e-6);
  }

  /** Along a random direction in all of the student's weights, by central differences. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.5, 1})
  void theGradientIsThatOfTheSum(double beta) {
    Distillation distillation = of(teacher, beta);
    int all = Targets.of(batch).count();
    try (Scope scope = Scope.open()) {
      SequencedMap<String, NDArray> leaves = student.parameters().leaves();
      VisionLanguageModel network = new VisionLanguageModel(student.config(), leaves::get);
      NDArray loss =
          Autograd.recording(() -> {
            NDArray hidden = network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE);
            return distillation
                .begin(scope, batch, Activations.NONE)
                .sum(network.prediction(scope, batch, hidden, Targets.of(batch)));
          });
      Autograd.backward(loss, null);
      double squares = 0;
      for (NDArray leaf : leaves.values()) {
        for (float value : Autograd.gradient(leaf).toFloatArray()) {
          squares += (double) value * value;
        }
      }
      double norm = Math.sqrt(squares);
      SplittableRandom random = new SplittableRandom(3);
      double product = 0;
      Map<String, NDArray> up = new HashMap<>();
      Map<String, NDArray> down = new HashMap<>();
      double step = 2e-3;
      for (Map.Entry<String, NDArray> leaf : leaves.entrySet()) {
        float[] values = leaf.getValue().toFloatArray();
        float[] gradient = Autograd.gradient(leaf.getValue()).toFloatArray();
        float[] more = values.clone();
        float[] less = values.clone();
        for (int i = 0; i < values.length; i++) {
          // Mostly where it is steepest, so that rounding doesn't count, and a little anywhere.
          double direction = gradient[i] / norm + 1e-4 * (random.nextDouble() - 0.5);
          product += direction * gradient[i];
          more[i] += (float) (step * direction);
          less[i] -= (float) (step * direction);
        }
        long[] shape = leaf.getValue().getShape().getShape();
        up.put(leaf.getKey(), scope.fromFloats(more, shape));
        down.put(leaf.getKey(), scope.fromFloats(less, shape));
      }
      double slope = (sum(distillation, up, all) - sum(distillation, down, all)) / (2 * step);
      assertEquals(product, slope, 0.01 * Math.abs(product));
    }
  }

  @Test
  void aTeacherThatReadsOtherTokensIsRefusedByName() throws IOException {
    try (ModelInputs inputs = ModelInputs.open(FOLDER)) {
      assertEquals(List.of(), TeacherMatch.problems(FOLDER, inputs, true));
      List<String> problems =
          TeacherMatch.problems(GoldenFamily.QWEN2_5_VL.checkpoint(), inputs, false);
      String all = String.join("\n", problems);
      assertTrue(all.contains("the image processor"), all);
      assertTrue(all.contains("the default system message"), all);
      InvalidConfigException refused =
          assertThrows(
              InvalidConfigException.class,
              () -> TeacherMatch.require(GoldenFamily.QWEN2_5_VL.checkpoint(), FOLDER, false));
      assertEquals(problems, refused.problems());
    }
  }
}
