package io.lockstep.model.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout.Pass;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What dropout drops depends on the pass and the layer, and on nothing else. */
class SeededDropoutTest {

  private static final int VALUES = 20_000;
  private static final Pass PASS = new Pass(7, 3, 2, 1);

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void thePassComputedAgainDropsTheSame() {
    assertArrayEquals(dropped(0.3, PASS, "a"), dropped(0.3, PASS, "a"));
  }

  @Test
  void everyPartOfThePassAndTheLayerDecides() {
    Set<String> masks = new HashSet<>();
    masks.add(Arrays.toString(dropped(0.5, PASS, "a")));
    masks.add(Arrays.toString(dropped(0.5, PASS, "b")));
    masks.add(Arrays.toString(dropped(0.5, new Pass(8, 3, 2, 1), "a")));
    masks.add(Arrays.toString(dropped(0.5, new Pass(7, 4, 2, 1), "a")));
    masks.add(Arrays.toString(dropped(0.5, new Pass(7, 3, 1, 1), "a")));
    masks.add(Arrays.toString(dropped(0.5, new Pass(7, 3, 2, 0), "a")));
    assertEquals(6, masks.size());
  }

  @Test
  void theShareIsDroppedAndTheMeanStays() {
    float[] values = dropped(0.3, PASS, "a");
    double zeros = 0;
    double sum = 0;
    for (float value : values) {
      zeros += value == 0 ? 1 : 0;
      sum += value;
    }
    assertEquals(0.3, zeros / VALUES, 0.02);
    assertEquals(1, sum / VALUES, 0.02);
  }

  @Test
  void nothingIsDroppedWithoutAShare() {
    try (Scope scope = Scope.open()) {
      Dropout none = new SeededDropout(scope, 0, PASS);
      assertFalse(none.drops());
      NDArray x = scope.fromFloats(new float[] {1, 2}, 2);
      assertEquals(x, none.apply("a", x));
    }
  }

  private static float[] dropped(double share, Pass pass, String layer) {
    float[] ones = new float[VALUES];
    Arrays.fill(ones, 1);
    try (Scope scope = Scope.open()) {
      return new SeededDropout(scope, share, pass)
          .apply(layer, scope.fromFloats(ones, VALUES))
          .toFloatArray();
    }
  }
}
