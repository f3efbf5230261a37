package io.lockstep.model.align;

import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.align.Comparison.Verdict;
import io.lockstep.tensor.Buffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** Compares tensors and lists of numbers. NaN agrees with nothing but the same NaN. */
public final class Compare {

  private static final String EXACT = "exact";
  private static final int EXCERPT = 32;

  private Compare() {}

  /**
   * A float32 tensor of either side.
   *
   * @param shape its dimensions
   * @param data row-major, in host memory
   */
  public record Floats(List<Long> shape, Buffer data) {

    public Floats {
      shape = List.copyOf(shape);
    }

    /** A tensor with a copy of these values. */
    public static Floats of(float[] values, long... shape) {
      return new Floats(Arrays.stream(shape).boxed().toList(), Buffer.onHost(values.clone()));
    }

    long elements() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** Number of rows. */
    long rows() {
      return shape.isEmpty()
          ? 1
          : shape.subList(0, shape.size() - 1).stream().reduce(1L, Math::multiplyExact);
    }

    /** Elements of a row, which is what lies along the last dimension. */
    long width() {
      return shape.isEmpty() ? 1 : shape.getLast();
    }

    float at(long index) {
      return data.floats().get(index);
    }
  }

  /** Whole numbers that must be equal, for instance token ids [rows, columns]. */
  public static Comparison exact(
      String what, List<Long> shape, long[] reference, List<Long> actualShape, long[] actual) {
    if (!shape.equals(actualShape)) {
      return unlike(what, Kind.INPUT, shape, actualShape);
    }
    int at = Arrays.mismatch(reference, actual);
    if (at < 0) {
      return new Comparison(what, Kind.INPUT, shape, 0, 0, EXACT, Verdict.IDENTICAL, "");
    }
    double largest = 0;
    for (int i = 0; i < reference.length; i++) {
      largest = Math.max(largest, Math.abs((double) reference[i] - actual[i]));
    }
    String note = "first at %s: %d, not %d".formatted(index(shape, at), actual[at], reference[at]);
    return new Comparison(what, Kind.INPUT, shape, largest, 0, EXACT, Verdict.DIFFERS, note);
  }

  /** Lists of whole numbers that must be equal. */
  public static Comparison exact(String what, Kind kind, int[] reference, int[] actual) {
    List<Long> shape = List.of((long) reference.length);
    int at = Arrays.mismatch(reference, actual);
    if (at < 0) {
      return new Comparison(what, kind, shape, 0, 0, EXACT, Verdict.IDENTICAL, "");
    }
    String note =
        "first at [%d]: %s, not %s".formatted(at, numberAt(actual, at), numberAt(reference, at));
    return new Comparison(
        what, kind, shape, Double.POSITIVE_INFINITY, 0, EXACT, Verdict.DIFFERS, note);
  }

  private static String numberAt(int[] values, int at) {
    return at < values.length ? Integer.toString(values[at]) : "the end";
  }

  /** Texts that must be equal. */
  public static Comparison exact(String what, Kind kind, String reference, String actual) {
    boolean equal = reference.equals(actual);
    return new Comparison(
        what,
        kind,
        List.of(),
        equal ? 0 : Double.POSITIVE_INFINITY,
        0,
        EXACT,
        equal ? Verdict.IDENTICAL : Verdict.DIFFERS,
        equal ? "" : firstDifference(reference, actual));
  }

  private static String firstDifference(String reference, String actual) {
    int at = 0;
    while (at < Math.min(reference.length(), actual.length())
        && reference.charAt(at) == actual.charAt(at)) {
      at++;
    }
    return "first at character %d: \"%s\", not \"%s\""
        .formatted(at, excerpt(actual, at), excerpt(reference, at));
  }

  private static String excerpt(String text, int at) {
    String part = text.substring(at, Math.min(text.length(), at + EXCERPT));
    return part.replace("\n", "\\n");
  }

  /** Tensors that must be equal to the bit. */
  public static Comparison exact(String what, Kind kind, Floats reference, Floats actual) {
    return compare(what, kind, reference, actual, row -> true, null);
  }

  /**
   * Tensors that must be equal but for rounding, row by row.
   *
   * @param counted which rows count; a row is what lies along the last dimension
   * @param limits how much each row may differ by
   */
  public static Comparison close(
      String what,
      Kind kind,
      Floats reference,
      Floats actual,
      LongPredicate counted,
      RowLimits limits) {
    return compare(what, kind, reference, actual, counted, limits);
  }

  /**
   * Losses that must be equal but for the rounding of the logits: a mean of logarithms of softmax
   * moves with these, however small it is itself.
   *
   * @param logits what the reference's loss comes from
   * @param counted which rows of these count
   * @param limits how much each of them may differ by
   */
  public static Comparison loss(
      String what,
      Floats reference,
      Floats actual,
      Floats logits,
      LongPredicate counted,
      RowLimits limits) {
    if (!reference.shape().equals(actual.shape()) || reference.elements() != 1) {
      return unlike(what, Kind.OUTPUT, reference.shape(), actual.shape());
    }
    double largest = 0;
    double limit = 0;
    for (long row = 0; row < logits.rows(); row++) {
      if (counted.test(row)) {
        long first = row * logits.width();
        largest =
            Math.max(largest, RowDifference.of(logits, logits, first, logits.width()).largest());
        limit = Math.max(limit, limits.limit(row));
      }
    }
    RowDifference row = RowDifference.of(reference, actual, 0, 1);
    return outcome(
        what,
        Kind.OUTPUT,
        reference,
        actual,
        new RowDifference(largest, row.difference(), row.at()),
        row.difference(),
        limit,
        number(limit) + " of the logits");
  }

  /** Gradients that must be equal but for a share of the reference's norm. */
  public static Comparison gradient(
      String what, Floats reference, Floats actual, Tolerance tolerance) {
    if (!reference.shape().equals(actual.shape())) {
      return unlike(what, Kind.GRADIENT, reference.shape(), actual.shape());
    }
    double squares = 0;
    double distance = 0;
    double largest = 0;
    boolean identical = true;
    for (long i = 0; i < reference.elements(); i++) {
      double wanted = reference.at(i);
      double off = actual.at(i) - wanted;
      identical &=
          Float.floatToRawIntBits(reference.at(i)) == Float.floatToRawIntBits(actual.at(i));
      squares += wanted * wanted;
      distance += off * off;
      largest = RowDifference.larger(largest, Math.abs(off));
    }
    double share = distance == 0 ? 0 : Math.sqrt(distance) / Math.sqrt(squares);
    Verdict verdict = identical ? Verdict.IDENTICAL : verdict(share <= tolerance.gradient());
    String limit = number(tolerance.gradient()) + " of its norm";
    return new Comparison(
        what, Kind.GRADIENT, reference.shape(), largest, share, limit, verdict, "");
  }

  /** Compares row by row; without limits, to the bit. */
  private static Comparison compare(
      String what,
      Kind kind,
      Floats reference,
      Floats actual,
      LongPredicate counted,
      @Nullable RowLimits limits) {
    if (!reference.shape().equals(actual.shape())) {
      return unlike(what, kind, reference.shape(), actual.shape());
    }
    long width = reference.width();
    RowDifference worst = RowDifference.EQUAL;
    double limitOfWorst = limits == null ? 1 : limits.limit(0);
    double largest = 0;
    for (long row = 0; row < reference.rows(); row++) {
      if (counted.test(row)) {
        RowDifference found = RowDifference.of(reference, actual, row * width, width);
        double limit = limits == null ? 1 : limits.limit(row);
        if (found.worseThan(worst, limit, limitOfWorst)) {
          worst = found;
          limitOfWorst = limit;
        }
        largest = Math.max(largest, found.difference());
      }
    }
    String words = limits == null ? EXACT : number(limitOfWorst) + " of its row";
    return outcome(what, kind, reference, actual, worst, largest, limitOfWorst, words);
  }

  private static Comparison outcome(
      String what,
      Kind kind,
      Floats reference,
      Floats actual,
      RowDifference worst,
      double largest,
      double limit,
      String limitWords) {
    Verdict verdict =
        worst.at() < 0
            ? Verdict.IDENTICAL
            : verdict(!limitWords.equals(EXACT) && worst.share() <= limit);
    String note =
        verdict == Verdict.DIFFERS
            ? "most at %s: %s, not %s"
                .formatted(
                    index(reference.shape(), worst.at()),
                    actual.at(worst.at()),
                    reference.at(worst.at()))
            : "";
    return new Comparison(
        what, kind, reference.shape(), largest, worst.share(), limitWords, verdict, note);
  }

  private static Verdict verdict(boolean agrees) {
    return agrees ? Verdict.WITHIN_TOLERANCE : Verdict.DIFFERS;
  }

  private static Comparison unlike(
      String what, Kind kind, List<Long> reference, List<Long> actual) {
    return new Comparison(
        what,
        kind,
        reference,
        Double.POSITIVE_INFINITY,
        Double.POSITIVE_INFINITY,
        "the same shape",
        Verdict.DIFFERS,
        "has shape %s, not %s".formatted(actual, reference));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1e", value);
  }

  private static String index(List<Long> shape, long flat) {
    long[] index = new long[shape.size()];
    long rest = flat;
    for (int axis = shape.size() - 1; axis >= 0; axis--) {
      index[axis] = rest % shape.get(axis);
      rest /= shape.get(axis);
    }
    return Arrays.toString(index);
  }
}
