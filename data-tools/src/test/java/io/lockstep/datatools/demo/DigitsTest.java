package io.lockstep.datatools.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DigitsTest {

  @Test
  void heldOutStrokesAreNeverDrawnInTrainingPictures() throws IOException {
    Digits digits = Digits.load();
    Rng rng = Rng.of(5);
    TreeSet<Integer> train = new TreeSet<>();
    TreeSet<Integer> heldout = new TreeSet<>();
    for (int i = 0; i < 30_000; i++) {
      train.add(digits.pickRow(rng, i % 10, Split.TRAIN));
      heldout.add(digits.pickRow(rng, i % 10, Split.HELDOUT));
    }
    assertEquals(0, train.first());
    assertEquals(1499, train.last());
    assertEquals(1500, heldout.first());
    assertEquals(1796, heldout.last());
    assertTrue(train.size() > 1450, "strokes in use: " + train.size());
  }
}
