package io.lockstep.data.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ObjectLimitTest {

  private static final List<Integer> OBJECTS = IntStream.range(0, 100).boxed().toList();

  @Test
  void fewObjectsAreAllKept() {
    assertSame(OBJECTS, ObjectLimit.keep(OBJECTS, 100, 1, 2, 3));
    assertSame(OBJECTS, ObjectLimit.keep(OBJECTS, 0, 1, 2, 3));
  }

  @Test
  void theSameObjectsAreKeptInTheirOrderWheneverTheyAreAskedFor() {
    List<Integer> kept = ObjectLimit.keep(OBJECTS, 64, 1, 2, 3);
    assertEquals(64, kept.size());
    assertEquals(kept.stream().sorted().distinct().toList(), kept);
    assertEquals(kept, ObjectLimit.keep(OBJECTS, 64, 1, 2, 3));
  }

  @Test
  void overTheEpochsEveryObjectHasItsTurn() {
    Set<Integer> seen = new HashSet<>();
    for (long epoch = 0; epoch < 20; epoch++) {
      seen.addAll(ObjectLimit.keep(OBJECTS, 30, 1, epoch, 3));
    }
    assertEquals(100, seen.size());
  }
}
