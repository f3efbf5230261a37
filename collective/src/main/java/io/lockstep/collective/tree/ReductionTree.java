package io.lockstep.collective.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The one binary tree along which values of V virtual ranks are summed.
 *
 * <p>A node of n leaves splits after the largest power of two smaller than n, so the tree depends
 * on V alone. Floating-point addition is not associative: whoever sums along this tree, in however
 * many places, gets the same bits.
 *
 * @param leaves V, the number of virtual ranks, at least 1
 */
public record ReductionTree(int leaves) {

  public ReductionTree {
    if (leaves < 1) {
      throw new IllegalArgumentException(
          "a reduction tree over " + leaves + " virtual ranks; it needs at least 1");
    }
  }

  /** The whole sum. */
  public Node root() {
    return new Node(0, leaves);
  }

  /**
   * The largest subtrees that lie inside a block of leaves, in ascending order; together they hold
   * exactly the block. At most 2 log2(V) nodes.
   *
   * @param lo first leaf of the block
   * @param hi leaf after the last; an empty block has no nodes
   */
  public List<Node> cover(int lo, int hi) {
    requireBlock(lo, hi);
    List<Node> nodes = new ArrayList<>();
    if (lo < hi) {
      cover(root(), lo, hi, nodes);
    }
    return List.copyOf(nodes);
  }

  private static void cover(Node node, int lo, int hi, List<Node> into) {
    if (node.hi() <= lo || hi <= node.lo()) {
      return;
    }
    if (lo <= node.lo() && node.hi() <= hi) {
      into.add(node);
      return;
    }
    cover(node.left(), lo, hi, into);
    cover(node.right(), lo, hi, into);
  }

  /**
   * Sums parts that partition [0, V) into the root, in tree order.
   *
   * @param parts value of each node; the iteration order does not matter
   * @param sum adds the right value to the left one; it may reuse the left value's memory
   * @throws IllegalArgumentException if the nodes are not nodes of this tree, overlap, or leave a
   *     gap
   */
  public <T> T fold(Map<Node, T> parts, BinaryOperator<T> sum) {
    TreeMap<Node, T> rest = new TreeMap<>(parts);
    T value = fold(root(), rest, sum);
    if (!rest.isEmpty()) {
      throw new IllegalArgumentException(
          "nodes %s are not a partition of [0, %d): %s would be counted twice or are no nodes of the tree"
              .formatted(new TreeMap<>(parts).keySet(), leaves, rest.keySet()));
    }
    return value;
  }

  private <T> T fold(Node node, TreeMap<Node, T> rest, BinaryOperator<T> sum) {
    @Nullable T given = rest.remove(node);
    if (given != null) {
      return given;
    }
    if (node.isLeaf()) {
      throw new IllegalArgumentException(
          "no value given for leaf %d of [0, %d)".formatted(node.lo(), leaves));
    }
    T left = fold(node.left(), rest, sum);
    T right = fold(node.right(), rest, sum);
    return sum.apply(left, right);
  }

  void requireBlock(int lo, int hi) {
    if (lo < 0 || hi < lo || leaves < hi) {
      throw new IllegalArgumentException(
          "block [%d, %d) is not inside [0, %d)".formatted(lo, hi, leaves));
    }
  }
}
