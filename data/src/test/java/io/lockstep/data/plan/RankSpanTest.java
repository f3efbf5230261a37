package io.lockstep.data.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RankSpanTest {

  @Test
  void spansCoverAllVirtualRanksInOrderAndAreBalanced() {
    for (int virtualRanks = 1; virtualRanks <= 40; virtualRanks++) {
      for (int world = 1; world <= virtualRanks; world++) {
        int end = 0;
        for (int rank = 0; rank < world; rank++) {
          RankSpan span = RankSpan.of(virtualRanks, rank, world);
          assertEquals(end, span.first());
          int least = virtualRanks / world;
          assertTrue(span.size() == least || span.size() == least + 1);
          end = span.end();
        }
        assertEquals(virtualRanks, end);
      }
    }
  }

  @Test
  void knowsItsVirtualRanks() {
    RankSpan span = RankSpan.of(8, 1, 3);
    assertEquals(new RankSpan(2, 5), span);
    assertTrue(span.contains(2) && span.contains(4));
    assertFalse(span.contains(1) || span.contains(5));
  }

  @Test
  void refusesMoreWorkersThanVirtualRanks() {
    assertThrows(IllegalArgumentException.class, () -> RankSpan.of(4, 0, 5));
    assertThrows(IllegalArgumentException.class, () -> RankSpan.of(4, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> RankSpan.of(4, 2, 2));
  }
}
