package io.lockstep.collective.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReductionTreeTest {

  static IntStream sizes() {
    return IntStream.rangeClosed(1, 16);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void everyPartitionIntoBlocksSumsToTheBitsOfOneWorker(int leaves) {
    ReductionTree tree = new ReductionTree(leaves);
    float[] values = valuesWhoseOrderMatters(leaves);
    int expected = Float.floatToRawIntBits(sumBy(tree, values, List.of(0, leaves)));
    // Bit i of the mask cuts between leaf i and leaf i + 1.
    for (int mask = 0; mask < 1 << (leaves - 1); mask++) {
      List<Integer> cuts = cuts(leaves, mask);
      assertEquals(
          expected, Float.floatToRawIntBits(sumBy(tree, values, cuts)), () -> "blocks at " + cuts);
    }
  }

  @Test
  void testValuesWouldNoticeAnotherOrder() {
    float[] values = valuesWhoseOrderMatters(16);
    float ascending = 0;
    for (float value : values) {
      ascending += value;
    }
    assertNotEquals(sumBy(new ReductionTree(16), values, List.of(0, 16)), ascending);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void accumulatorEndsWithTheCoverOfItsBlockAndHoldsNoMoreThanTwoLogV(int leaves) {
    ReductionTree tree = new ReductionTree(leaves);
    int bound = Math.max(1, 2 * (Integer.SIZE - Integer.numberOfLeadingZeros(leaves - 1)));
    for (int lo = 0; lo <= leaves; lo++) {
      for (int hi = lo; hi <= leaves; hi++) {
        BlockAccumulator<Integer> block = new BlockAccumulator<>(tree, lo, hi, Integer::sum);
        for (int leaf = lo; leaf < hi; leaf++) {
          block.add(leaf, 1);
          assertTrue(block.held() <= bound, "held " + block.held() + " of " + bound);
          assertTrue(
              block.held() >= tree.cover(lo, leaf + 1).size(),
              "a sum that is still needed is gone");
        }
        assertEquals(tree.cover(lo, hi), List.copyOf(block.finish().keySet()));
        block.finish().forEach((node, count) -> assertEquals(node.leaves(), count));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void theSumsOfTheLastLeafCanBeMadeByTheCaller(int leaves) {
    ReductionTree tree = new ReductionTree(leaves);
    float[] values = valuesWhoseOrderMatters(leaves);
    for (int lo = 0; lo < leaves; lo++) {
      for (int hi = lo + 1; hi <= leaves; hi++) {
        BlockAccumulator<float[]> block =
            new BlockAccumulator<>(tree, lo, hi, ReductionTreeTest::addInto);
        BlockAccumulator<Float> whole = new BlockAccumulator<>(tree, lo, hi, Float::sum);
        for (int leaf = lo; leaf < hi - 1; leaf++) {
          block.add(leaf, new float[] {values[leaf]});
          whole.add(leaf, values[leaf]);
        }
        BlockAccumulator.LastSums<float[]> last = block.addLast(new float[] {values[hi - 1]});
        whole.add(hi - 1, values[hi - 1]);
        for (int i = 1; i < last.chain().size(); i++) {
          addInto(last.chain().get(i), last.chain().get(i - 1));
        }
        Map<Node, Float> sums = new HashMap<>();
        last.sums().forEach((node, value) -> sums.put(node, value[0]));
        assertEquals(new HashMap<>(whole.finish()), sums);
      }
    }
  }

  private static float[] addInto(float[] left, float[] right) {
    left[0] += right[0];
    return left;
  }

  @Test
  void aNodeSplitsAfterTheLargestSmallerPowerOfTwo() {
    assertEquals(new Node(0, 4), new Node(0, 6).left());
    assertEquals(new Node(4, 6), new Node(0, 6).right());
    assertEquals(new Node(0, 4), new Node(0, 8).left());
    assertEquals(new Node(0, 1), new Node(0, 2).left());
  }

  @Test
  void coverIsTheMaximalSubtreesInsideABlock() {
    ReductionTree tree = new ReductionTree(8);
    assertEquals(List.of(new Node(0, 8)), tree.cover(0, 8));
    assertEquals(
        List.of(new Node(1, 2), new Node(2, 4), new Node(4, 6), new Node(6, 7)), tree.cover(1, 7));
    assertEquals(List.of(), tree.cover(3, 3));
    assertThrows(IllegalArgumentException.class, () -> tree.cover(3, 9));
  }

  @Test
  void foldRefusesGapsOverlapsAndForeignNodes() {
    ReductionTree tree = new ReductionTree(4);
    Map<Node, Integer> gap = Map.of(new Node(0, 2), 1, new Node(3, 4), 1);
    IllegalArgumentException missing =
        assertThrows(IllegalArgumentException.class, () -> tree.fold(gap, Integer::sum));
    assertEquals("no value given for leaf 2 of [0, 4)", missing.getMessage());
    Map<Node, Integer> overlap = Map.of(new Node(0, 4), 1, new Node(3, 4), 1);
    assertThrows(IllegalArgumentException.class, () -> tree.fold(overlap, Integer::sum));
    Map<Node, Integer> foreign = Map.of(new Node(0, 1), 1, new Node(1, 3), 1, new Node(3, 4), 1);
    assertThrows(IllegalArgumentException.class, () -> tree.fold(foreign, Integer::sum));
  }

  @Test
  void accumulatorRefusesLeavesOutOfOrderAndAnEarlyFinish() {
    BlockAccumulator<Integer> block =
        new BlockAccumulator<>(new ReductionTree(4), 1, 3, Integer::sum);
    assertThrows(IllegalStateException.class, () -> block.add(2, 1));
    block.add(1, 1);
    assertThrows(IllegalStateException.class, block::finish);
    block.add(2, 1);
    assertThrows(IllegalStateException.class, () -> block.add(3, 1));
  }

  private static float sumBy(ReductionTree tree, float[] values, List<Integer> cuts) {
    Map<Node, Float> parts = new HashMap<>();
    for (int i = 1; i < cuts.size(); i++) {
      BlockAccumulator<Float> block =
          new BlockAccumulator<>(tree, cuts.get(i - 1), cuts.get(i), Float::sum);
      for (int leaf = cuts.get(i - 1); leaf < cuts.get(i); leaf++) {
        block.add(leaf, values[leaf]);
      }
      parts.putAll(block.finish());
    }
    return tree.fold(parts, Float::sum);
  }

  private static List<Integer> cuts(int leaves, int mask) {
    List<Integer> cuts = new ArrayList<>(List.of(0));
    for (int leaf = 1; leaf < leaves; leaf++) {
      if ((mask >> (leaf - 1) & 1) == 1) {
        cuts.add(leaf);
      }
    }
    cuts.add(leaves);
    return cuts;
  }

  private static float[] valuesWhoseOrderMatters(int count) {
    Random random = new Random(7);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(7)));
    }
    return values;
  }
}
