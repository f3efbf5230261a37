package io.lockstep.collective.tree;

/**
 * A subtree of a {@link ReductionTree}: the sum of the leaves from {@code lo} to {@code hi - 1}.
 *
 * @param lo first leaf
 * @param hi leaf after the last
 */
public record Node(int lo, int hi) implements Comparable<Node> {

  public Node {
    if (lo < 0 || hi <= lo) {
      throw new IllegalArgumentException("node [%d, %d) holds no leaf".formatted(lo, hi));
    }
  }

  /** Number of leaves. */
  public int leaves() {
    return hi - lo;
  }

  /** Whether this is a single leaf. */
  public boolean isLeaf() {
    return hi - lo == 1;
  }

  /**
   * Where the right child begins: the left child holds the largest power of two of leaves that is
   * smaller than {@code hi - lo}.
   *
   * @throws IllegalStateException for a leaf
   */
  public int split() {
    if (isLeaf()) {
      throw new IllegalStateException("leaf " + lo + " has no children");
    }
    return lo + Integer.highestOneBit(hi - lo - 1);
  }

  /** The child that is summed first. */
  public Node left() {
    return new Node(lo, split());
  }

  /** The child that is added to the left one. */
  public Node right() {
    return new Node(split(), hi);
  }

  /** Whether all leaves of {@code other} are below this node. */
  public boolean contains(Node other) {
    return lo <= other.lo && other.hi <= hi;
  }

  /** By first leaf, then by last: the order of a partition. */
  @Override
  public int compareTo(Node other) {
    return lo != other.lo ? Integer.compare(lo, other.lo) : Integer.compare(hi, other.hi);
  }

  @Override
  public String toString() {
    return "[%d, %d)".formatted(lo, hi);
  }
}
