package io.lockstep.collective.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.collective.bench.AllReduce;
import io.lockstep.collective.bench.AllReduceBench;
import io.lockstep.collective.tree.Node;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AllReduceTest {

  private static final int FLOATS = 1001;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void everyRankGetsTheSumInTreeOrder(int size) throws Exception {
    try (LocalWorld world = LocalWorld.connected(size)) {
      world.runAll(collective -> {
        try (Arena arena = Arena.ofConfined()) {
          Buffer data = Buffer.onHost(arena, Dtype.FLOAT32, FLOATS);
          for (int i = 0; i < FLOATS; i++) {
            data.floats().set(i, values(i, size)[collective.rank()]);
          }
          new AllReduce(collective).run(1, data);
          for (int i = 0; i < FLOATS; i++) {
            assertEquals(
                Float.floatToRawIntBits(treeSum(values(i, size))),
                Float.floatToRawIntBits(data.floats().get(i)));
          }
        }
      });
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void theBenchmarkReportsWhatItMoved(int size) throws Exception {
    try (LocalWorld world = LocalWorld.connected(size)) {
      world.runAll(collective -> {
        double[] rounds = AllReduceBench.rounds(collective, 100_000, 3);
        assertEquals(3, rounds.length);
        AllReduceBench.Result result = AllReduceBench.result(size, 4000, rounds);
        assertEquals(size, result.world());
        assertEquals(4000, result.bytes());
      });
    }
  }

  private static float[] values(int element, int size) {
    Random random = new Random(element);
    float[] values = new float[size];
    for (int rank = 0; rank < size; rank++) {
      values[rank] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(6)));
    }
    return values;
  }

  private static float treeSum(float[] values) {
    Map<Node, Float> leaves = new TreeMap<>();
    for (int rank = 0; rank < values.length; rank++) {
      leaves.put(new Node(rank, rank + 1), values[rank]);
    }
    return new ReductionTree(values.length).fold(leaves, Float::sum);
  }
}
