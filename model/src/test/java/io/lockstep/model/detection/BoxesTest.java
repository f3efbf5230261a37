package io.lockstep.model.detection;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.TrueObject;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BoxesTest {

  /** Boxes of a picture of 300 x 300, of which torchvision's tests publish the results. */
  private static final List<TrueObject> BOXES =
      List.of(corners(0, 0, 100, 100), corners(0, 0, 50, 50), corners(200, 200, 300, 300));

  private static final double[][] PUBLISHED = {
    {1, 0.25, -0.7778}, {0.25, 1, -0.8611}, {-0.7778, -0.8611, 1}
  };

  @BeforeAll
  static void start() {
    Torch.start(1);
  }

  private static TrueObject corners(float x1, float y1, float x2, float y2) {
    float side = 300;
    return new TrueObject(
        (x1 + x2) / 2 / side, (y1 + y2) / 2 / side, (x2 - x1) / side, (y2 - y1) / side, 0);
  }

  private static float[] numbers(TrueObject object) {
    return new float[] {object.centreX(), object.centreY(), object.width(), object.height()};
  }

  @Test
  void publishedValues() {
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < BOXES.size(); i++) {
        for (int j = 0; j < BOXES.size(); j++) {
          NDArray first = Boxes.of(List.of(BOXES.get(i)));
          NDArray second = Boxes.of(List.of(BOXES.get(j)));
          float giou = Boxes.generalisedIou(first, second).toFloatArray()[0];
          assertEquals(PUBLISHED[i][j], giou, 1e-4);
          assertEquals(
              PUBLISHED[i][j], Boxes.generalisedIou(BOXES.get(i), numbers(BOXES.get(j)), 0), 1e-4);
        }
      }
    }
  }

  @Test
  void overlapWorkedOutByHand() {
    // Two squares of side 2, moved by 1 in both directions: 1 of 7 is shared, 2 of 9 is empty.
    try (Scope scope = Scope.open()) {
      NDArray first = Ops.constant(new float[] {0.25f, 0.25f, 0.5f, 0.5f}, 1, 4);
      NDArray second = Ops.constant(new float[] {0.5f, 0.5f, 0.5f, 0.5f}, 1, 4);
      float giou = Boxes.generalisedIou(first, second).toFloatArray()[0];
      assertEquals(1 / 7.0 - 2 / 9.0, giou, 1e-6);
    }
  }

  @Test
  void aBoxWithoutAreaHasAFiniteValue() {
    try (Scope scope = Scope.open()) {
      NDArray point = Ops.constant(new float[] {0.5f, 0.5f, 0, 0}, 1, 4);
      assertEquals(0, Boxes.generalisedIou(point, point).toFloatArray()[0], 1e-6);
    }
  }
}
