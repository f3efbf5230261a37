package io.lockstep.model.align;

import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.align.Comparison.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * All comparisons of two computations, in the order in which a model computes.
 *
 * @param comparisons what was compared
 * @param notCompared what was not, each with the reason
 */
public record AlignmentReport(List<Comparison> comparisons, List<String> notCompared) {

  private static final List<String> HEADER =
      List.of("what", "shape", "max difference", "relative", "limit", "verdict");

  public AlignmentReport {
    comparisons = List.copyOf(comparisons);
    notCompared = List.copyOf(notCompared);
  }

  /** Identical if everything is, otherwise within tolerance if everything is. */
  public Verdict verdict() {
    return comparisons.stream()
        .map(Comparison::verdict)
        .max(Enum::compareTo)
        .orElse(Verdict.DIFFERS);
  }

  /** Whether both computations agree; comparing nothing proves nothing. */
  public boolean agrees() {
    return verdict() != Verdict.DIFFERS;
  }

  /** The first thing that differs. */
  public Optional<Comparison> firstDifference() {
    return comparisons.stream().filter(comparison -> !comparison.agrees()).findFirst();
  }

  /** The first layer whose output differs. */
  public Optional<Comparison> firstDifferingLayer() {
    return comparisons.stream()
        .filter(comparison -> comparison.kind() == Kind.LAYER && !comparison.agrees())
        .findFirst();
  }

  /** Largest absolute difference of layers and outputs that agree. */
  public double largestDifference() {
    return comparisons.stream()
        .filter(Comparison::agrees)
        .mapToDouble(Comparison::difference)
        .max()
        .orElse(0);
  }

  /**
   * What differs first, in one line: the first thing of all, and the first layer if that is another
   * one; empty if nothing differs.
   */
  public String summary() {
    String first = firstDifference().map(AlignmentReport::describe).orElse("");
    return firstDifferingLayer()
        .filter(layer -> firstDifference().filter(layer::equals).isEmpty())
        .map(layer -> first + "; first differing layer: " + describe(layer))
        .orElse(first);
  }

  /** What agrees although something about it is another, a line each. */
  public List<String> remarks() {
    return comparisons.stream()
        .filter(comparison -> comparison.agrees() && !comparison.note().isEmpty())
        .map(AlignmentReport::describe)
        .toList();
  }

  private static String describe(Comparison comparison) {
    return comparison.what()
        + " "
        + (comparison.note().isEmpty()
            ? "differs by " + figure(comparison.difference())
            : comparison.note());
  }

  /** Everything as a table with a header, lines ending in a line feed. */
  public String table() {
    return table(comparisons);
  }

  /** The rows around the first difference: what still agrees before it, and what differs. */
  public String tableOfDifferences(int most) {
    int first = comparisons.indexOf(firstDifference().orElse(null));
    List<Comparison> rows = new ArrayList<>();
    if (first > 0) {
      rows.add(comparisons.get(first - 1));
    }
    comparisons.stream().filter(comparison -> !comparison.agrees()).limit(most).forEach(rows::add);
    return table(rows);
  }

  private static String table(List<Comparison> comparisons) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEADER);
    comparisons.forEach(comparison -> rows.add(cells(comparison)));
    int[] widths = new int[HEADER.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).collect(Collectors.joining());
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder("  ");
    for (int i = 0; i < row.size(); i++) {
      line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
    }
    return line.toString().stripTrailing() + "\n";
  }

  private static List<String> cells(Comparison comparison) {
    String verdict =
        switch (comparison.verdict()) {
          case IDENTICAL -> "OK, identical";
          case WITHIN_TOLERANCE -> comparison.note().isEmpty() ? "OK" : "OK, " + comparison.note();
          case DIFFERS -> comparison.note().isEmpty() ? "DIFFERS" : "DIFFERS, " + comparison.note();
        };
    return List.of(
        comparison.what(),
        comparison.shape().isEmpty() ? "-" : comparison.shape().toString(),
        figure(comparison.difference()),
        figure(comparison.relative()),
        comparison.limit(),
        verdict);
  }

  private static String figure(double value) {
    if (Double.isInfinite(value)) {
      return "-";
    }
    return value == 0 ? "0" : String.format(Locale.ROOT, "%.2e", value);
  }
}
