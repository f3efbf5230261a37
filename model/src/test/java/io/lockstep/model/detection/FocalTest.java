package io.lockstep.model.detection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class FocalTest {

  private static final float[] LOGITS = {-2.5f, -0.3f, 0, 1.25f, 4};
  private static final boolean[] IS_THERE = {true, false, true, false, true};
  private static final boolean[] ALL = {true, true, true, true, true};

  @BeforeAll
  static void start() {
    Torch.start(1);
  }

  private static double sum(Focal focal, boolean... counts) {
    try (Scope scope = Scope.open()) {
      return focal.sum(Ops.constant(LOGITS, LOGITS.length), IS_THERE, counts).getFloat();
    }
  }

  /** The paper's equation as it is written. */
  private static double written(Focal focal, double logit, boolean isThere) {
    double p = 1 / (1 + Math.exp(-logit));
    double right = isThere ? p : 1 - p;
    double alpha = isThere ? focal.alpha() : 1 - focal.alpha();
    return -alpha * Math.pow(1 - right, focal.gamma()) * Math.log(right);
  }

  @Test
  void valuesOfThePapersEquation() {
    for (Focal focal : new Focal[] {Focal.PUBLISHED, new Focal(0.6, 0), new Focal(0.5, 0.5)}) {
      double expected = 0;
      for (int i = 0; i < LOGITS.length; i++) {
        expected += written(focal, LOGITS[i], IS_THERE[i]);
      }
      assertEquals(expected, sum(focal, ALL), 1e-5);
    }
  }

  @Test
  void aGuessCostsAQuarterOfAQuarterOfLogTwo() {
    try (Scope scope = Scope.open()) {
      NDArray guess = Ops.constant(new float[] {0}, 1);
      boolean[] yes = {true};
      boolean[] no = {false};
      double ln2 = Math.log(2);
      assertEquals(ln2 / 16, Focal.PUBLISHED.sum(guess, yes, yes).getFloat(), 1e-7);
      assertEquals(ln2 * 3 / 16, Focal.PUBLISHED.sum(guess, no, yes).getFloat(), 1e-7);
    }
  }

  @Test
  void whatDoesNotCountIsLeftOut() {
    double some = sum(Focal.PUBLISHED, true, false, true, false, false);
    assertEquals(
        written(Focal.PUBLISHED, LOGITS[0], true) + written(Focal.PUBLISHED, LOGITS[2], true),
        some,
        1e-6);
  }

  @Test
  void itsGradientIsThatOfTheEquation() {
    try (Scope scope = Scope.open()) {
      NDArray leaf = Autograd.leaf(Ops.constant(LOGITS, LOGITS.length));
      NDArray sum = Autograd.recording(() -> Focal.PUBLISHED.sum(leaf, IS_THERE, ALL));
      Autograd.backward(sum, null);
      float[] gradient = Autograd.gradient(leaf).toFloatArray();
      double step = 1e-5;
      for (int i = 0; i < LOGITS.length; i++) {
        double up = written(Focal.PUBLISHED, LOGITS[i] + step, IS_THERE[i]);
        double down = written(Focal.PUBLISHED, LOGITS[i] - step, IS_THERE[i]);
        assertEquals((up - down) / (2 * step), gradient[i], 1e-5);
      }
    }
  }

  @Test
  void extremeLogitsStayFinite() {
    try (Scope scope = Scope.open()) {
      NDArray leaf = Autograd.leaf(Ops.constant(new float[] {-200, 200}, 2));
      NDArray sum =
          Autograd.recording(() ->
              Focal.PUBLISHED.sum(leaf, new boolean[] {true, true}, new boolean[] {true, true}));
      Autograd.backward(sum, null);
      assertEquals(50, sum.getFloat(), 1e-3);
      assertEquals(-0.25, Autograd.gradient(leaf).toFloatArray()[0], 1e-5);
      assertEquals(0, Autograd.gradient(leaf).toFloatArray()[1], 1e-5);
    }
  }

  @Test
  void impossibleValuesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Focal(1.5, 2));
    assertThrows(IllegalArgumentException.class, () -> new Focal(0.25, -1));
  }
}
