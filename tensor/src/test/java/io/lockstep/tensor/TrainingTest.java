package io.lockstep.tensor;

import static io.lockstep.tensor.Tensors.assertSameBits;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.pytorch.jni.JniUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** All parts together: what a training loop needs from this package. */
final class TrainingTest {

  /**
   * One step computes with some 10 MB of temporaries: a scope that leaked them would show within
   * ten steps.
   */
  private static final long RESIDENT_GROWTH_BOUND = 100_000_000;

  @BeforeEach
  void startTorch() {
    Torch.start(1);
  }

  @Test
  void lossFallsAndMemoryStaysFlatOverTwoHundredSteps() {
    try (TinyTransformer model = new TinyTransformer(4, 64, 4, 64, 97)) {
      float firstLoss = model.step(1);
      for (int step = 2; step <= 50; step++) {
        model.step(step);
      }
      long residentBefore = Torch.residentBytes();
      int tensorsBefore = model.managedTensors();
      float lastLoss = 0;
      for (int step = 51; step <= 200; step++) {
        lastLoss = model.step(step);
      }
      assertEquals(Math.log(97), firstLoss, 0.5, "an untrained model guesses");
      assertTrue(lastLoss < 0.2, "loss after 200 steps is " + lastLoss);
      assertEquals(tensorsBefore, model.managedTensors());
      long growth = Torch.residentBytes() - residentBefore;
      assertTrue(growth < RESIDENT_GROWTH_BOUND, "resident memory grew by " + growth + " bytes");
    }
  }

  @Test
  void trainingTwiceGivesTheSameBits() {
    try (TinyTransformer first = new TinyTransformer(2, 32, 4, 32, 50);
        TinyTransformer second = new TinyTransformer(2, 32, 4, 32, 50)) {
      for (int step = 1; step <= 5; step++) {
        first.step(step);
        second.step(step);
      }
      assertSameBits(first.grads, second.grads);
      assertSameBits(first.params, second.params);
    }
  }

  @Test
  void oneAndTwoThreadsGiveTheSameGradients() {
    try (TinyTransformer one = new TinyTransformer(4, 128, 4, 128, 500);
        TinyTransformer two = new TinyTransformer(4, 128, 4, 128, 500)) {
      one.computeGradients();
      JniUtils.setNumThreads(2);
      try {
        two.computeGradients();
      } finally {
        JniUtils.setNumThreads(1);
      }
      assertSameBits(one.grads, two.grads);
    }
  }
}
