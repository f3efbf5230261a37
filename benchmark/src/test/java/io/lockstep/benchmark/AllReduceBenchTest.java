package io.lockstep.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.collective.testing.LocalWorld;
import io.lockstep.tensor.Torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class AllReduceBenchTest {

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  /** The benchmark itself throws if an element of a sum is wrong. */
  @ParameterizedTest
  @CsvSource({"1, 100000", "2, 100000", "3, 1001", "3, 2"})
  void everyRankMeasuresEveryRoundAndFindsTheSums(int size, long floats) throws Exception {
    try (LocalWorld world = LocalWorld.connected(size)) {
      world.runAll(collective -> {
        double[] rounds = AllReduceBench.rounds(collective, floats, 3);
        assertEquals(3, rounds.length);
        AllReduceBench.Result result = AllReduceBench.result(size, 4000, rounds);
        assertEquals(size, result.world());
        assertEquals(4000, result.bytes());
      });
    }
  }
}
