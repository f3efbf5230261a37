package io.lockstep.model.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("numeric")
class JensenShannonTest {

  private static final double GOLDEN_TOLERANCE = 1e-5;
  private static final Pattern CASE = Pattern.compile("beta=([0-9.]+),temperature=([0-9.]+)");
  private static final int ROWS = 3;
  private static final int WORDS = 7;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  /** Student: the model with the adapter. Teacher: the model without it. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen3_vl", "qwen2_5_vl"})
  void meanOverSupervisedTokensEqualsThePublicImplementation(String family) throws IOException {
    JsonNode wanted =
        new ObjectMapper().readTree(Goldens.path(family + "/cases.json").toFile()).get("jsd");
    assertEquals(10, wanted.size());
    try (SafetensorsFile base =
            SafetensorsFile.open(Goldens.path(family + "/forward.safetensors"));
        SafetensorsFile adapted =
            SafetensorsFile.open(Goldens.path(family + "/adapter_forward.safetensors"));
        Scope scope = Scope.open()) {
      long[] predicting = predicting(base);
      NDArray student = logits(scope, adapted, predicting);
      NDArray teacher = logits(scope, base, predicting);
      for (Map.Entry<String, JsonNode> one : wanted.properties()) {
        Matcher numbers = CASE.matcher(one.getKey());
        assertTrue(numbers.matches(), one.getKey());
        JensenShannon divergence =
            new JensenShannon(
                Double.parseDouble(numbers.group(1)), Double.parseDouble(numbers.group(2)));
        assertEquals(
            one.getValue().doubleValue(),
            divergence.sum(student, teacher).getFloat() / predicting.length,
            GOLDEN_TOLERANCE,
            one.getKey());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0,1", "0.1,0.9", "0.5,1", "0.5,2", "0.9,0.7", "1,0.9"})
  void studentsGradientEqualsTheFormula(double beta, double temperature) {
    try (Scope scope = Scope.open()) {
      float[] s = random(1);
      float[] t = random(2);
      NDArray student = Autograd.leaf(scope.fromFloats(s, ROWS, WORDS));
      NDArray teacher = scope.fromFloats(t, ROWS, WORDS);
      JensenShannon divergence = new JensenShannon(beta, temperature);
      Autograd.backward(Autograd.recording(() -> divergence.sum(student, teacher)), null);
      float[] got = Autograd.gradient(student).toFloatArray();
      for (int row = 0; row < ROWS; row++) {
        double[] formula =
            formula(softmax(s, row, temperature), softmax(t, row, temperature), beta);
        for (int word = 0; word < WORDS; word++) {
          assertEquals(formula[word] / temperature, got[row * WORDS + word], 1e-6);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3, 1})
  void equalLogitsAreNoDistanceApart(double beta) {
    try (Scope scope = Scope.open()) {
      NDArray logits = scope.fromFloats(random(3), ROWS, WORDS);
      assertEquals(0, new JensenShannon(beta, 1).sum(logits, logits).getFloat(), 1e-6);
    }
  }

  @Test
  void logitsFarApartStayFinite() {
    try (Scope scope = Scope.open()) {
      NDArray student = scope.fromFloats(new float[] {200, -200}, 1, 2);
      NDArray teacher = scope.fromFloats(new float[] {-200, 200}, 1, 2);
      assertEquals(Math.log(2), new JensenShannon(0.5, 1).sum(student, teacher).getFloat(), 1e-6);
      assertEquals(400, new JensenShannon(0, 1).sum(student, teacher).getFloat(), 1e-3);
    }
  }

  @Test
  void numbersOutOfRangeAndOtherShapesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new JensenShannon(1.1, 1));
    assertThrows(IllegalArgumentException.class, () -> new JensenShannon(Double.NaN, 1));
    assertThrows(IllegalArgumentException.class, () -> new JensenShannon(0.5, 0));
    try (Scope scope = Scope.open()) {
      NDArray one = scope.fromFloats(new float[4], 1, 4);
      NDArray other = scope.fromFloats(new float[4], 2, 2);
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class, () -> new JensenShannon(0.5, 1).sum(one, other));
      String message = String.valueOf(refusal.getMessage());
      assertTrue(message.contains("(1, 4)") && message.contains("(2, 2)"), message);
    }
  }

  /** Derivative by the student's logits at temperature 1, of one position. */
  private static double[] formula(double[] s, double[] t, double beta) {
    double[] byProbability = new double[s.length];
    double mean = 0;
    for (int i = 0; i < s.length; i++) {
      double mixture = beta * t[i] + (1 - beta) * s[i];
      if (beta == 0) {
        byProbability[i] = -t[i] / s[i];
      } else if (beta == 1) {
        byProbability[i] = Math.log(s[i] / t[i]);
      } else {
        byProbability[i] = (1 - beta) * Math.log(s[i] / mixture);
      }
      mean += s[i] * byProbability[i];
    }
    double[] byLogit = new double[s.length];
    for (int i = 0; i < s.length; i++) {
      byLogit[i] = s[i] * (byProbability[i] - mean);
    }
    return byLogit;
  }

  private static double[] softmax(float[] logits, int row, double temperature) {
    double[] weights = new double[WORDS];
    double sum = 0;
    for (int i = 0; i < WORDS; i++) {
      weights[i] = Math.exp(logits[row * WORDS + i] / temperature);
      sum += weights[i];
    }
    for (int i = 0; i < WORDS; i++) {
      weights[i] /= sum;
    }
    return weights;
  }

  private static float[] random(long seed) {
    Random random = new Random(seed);
    float[] values = new float[ROWS * WORDS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Rows of the flattened batch whose next token is supervised. */
  private static long[] predicting(SafetensorsFile forward) {
    TensorInfo info = forward.info("labels");
    long length = info.shape().get(1);
    long[] labels = Goldens.longs(forward, "labels");
    return LongStream.range(0, labels.length - 1)
        .filter(at -> (at + 1) % length != 0 && labels[(int) at + 1] != -100)
        .toArray();
  }

  private static NDArray logits(Scope scope, SafetensorsFile file, long[] rows) {
    long width = file.info("logits").shape().get(2);
    float[] values = Goldens.floats(file, "logits");
    NDArray all = scope.fromFloats(values, values.length / width, width);
    return Ops.indexSelect(all, 0, scope.fromLongs(rows, rows.length));
  }
}
