package io.lockstep.collective.tree;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Sums the leaves of one worker's block as they are computed, in ascending order, and holds no more
 * than the subtrees that cannot be merged yet: at most 2 log2(V) values.
 *
 * @param <T> a value, such as the gradients of one virtual rank; the accumulator owns what it is
 *     given
 */
public final class BlockAccumulator<T> {

  private record Partial<T>(Node node, T value) {}

  private final Node root;
  private final int lo;
  private final int hi;
  private final BinaryOperator<T> sum;

  /** Complete subtrees side by side, the newest first. */
  private final Deque<Partial<T>> partials = new ArrayDeque<>();

  private int next;

  /**
   * @param lo first leaf of the block
   * @param hi leaf after the last
   * @param sum adds the right value to the left one; it may reuse the left value's memory and
   *     release the right one's
   */
  public BlockAccumulator(ReductionTree tree, int lo, int hi, BinaryOperator<T> sum) {
    tree.requireBlock(lo, hi);
    this.root = tree.root();
    this.lo = lo;
    this.hi = hi;
    this.sum = sum;
    this.next = lo;
  }

  /** The leaf that {@link #add} takes next; the end of the block when all are in. */
  public int next() {
    return next;
  }

  /** Number of values held now. */
  public int held() {
    return partials.size();
  }

  /**
   * Takes the value of the next leaf and merges every subtree that is complete with it.
   *
   * @throws IllegalStateException if {@code leaf} is not {@link #next()} or the block is full
   */
  public void add(int leaf, T value) {
    if (leaf != next || next == hi) {
      throw new IllegalStateException(
          "block [%d, %d) got leaf %d, %s"
              .formatted(
                  lo, hi, leaf, next == hi ? "but is complete" : "but leaf " + next + " is next"));
    }
    next++;
    Partial<T> newest = new Partial<>(new Node(leaf, leaf + 1), value);
    for (@Nullable Partial<T> older = partials.peek(); older != null; older = partials.peek()) {
      Node parent = new Node(older.node().lo(), newest.node().hi());
      if (!isSubtree(parent) || parent.split() != newest.node().lo()) {
        break;
      }
      partials.pop();
      newest = new Partial<>(parent, sum.apply(older.value(), newest.value()));
    }
    partials.push(newest);
  }

  /**
   * Takes the value of the block's last leaf, whose sums the caller makes, for example range by
   * range as the value is completed: {@code chain[1] += chain[0]}, then {@code chain[2] +=
   * chain[1]} and so on, the addend on the right.
   *
   * @param chain what is to be summed, the new value first
   * @param sums where the sums of {@code tree.cover(lo, hi)} will be, in ascending order
   */
  public record LastSums<T>(List<T> chain, Map<Node, T> sums) {}

  /**
   * Takes the value of the last leaf without summing anything.
   *
   * @throws IllegalStateException if another leaf is next
   */
  public LastSums<T> addLast(T value) {
    if (next != hi - 1) {
      throw new IllegalStateException(
          "block [%d, %d) is at leaf %d, not at its last".formatted(lo, hi, next));
    }
    List<T> chain = new ArrayList<>(List.of(value));
    BlockAccumulator<T> rest =
        new BlockAccumulator<>(
            new ReductionTree(root.hi()),
            lo,
            hi,
            (older, newest) -> {
              chain.add(older);
              return older;
            });
    rest.partials.addAll(partials);
    rest.next = next;
    rest.add(next, value);
    next++;
    return new LastSums<>(List.copyOf(chain), rest.finish());
  }

  private boolean isSubtree(Node candidate) {
    Node node = root;
    while (!node.equals(candidate)) {
      if (node.isLeaf()) {
        return false;
      }
      Node left = node.left();
      node = left.contains(candidate) ? left : node.right();
      if (!node.contains(candidate)) {
        return false;
      }
    }
    return true;
  }

  /**
   * The sums of exactly {@code tree.cover(lo, hi)}, in ascending order.
   *
   * @throws IllegalStateException if leaves are missing
   */
  public Map<Node, T> finish() {
    if (next != hi) {
      throw new IllegalStateException(
          "block [%d, %d) is not complete: leaf %d is next".formatted(lo, hi, next));
    }
    Map<Node, T> sums = new LinkedHashMap<>();
    for (Iterator<Partial<T>> oldestFirst = partials.descendingIterator();
        oldestFirst.hasNext(); ) {
      Partial<T> partial = oldestFirst.next();
      sums.put(partial.node(), partial.value());
    }
    return Collections.unmodifiableMap(sums);
  }
}
