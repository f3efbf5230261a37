package io.lockstep.benchmark;

import io.lockstep.model.cost.OperatorGroup;
import io.lockstep.model.profile.Recording;
import io.lockstep.model.profile.TorchOperator;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * How long each group of operators took in a step or a token, from a {@link Recording}: the own
 * time of libtorch's operators, without those that they call, and that of our own.
 *
 * @param seconds of one step or token, by group
 * @param total seconds of one, all that is between the operators included
 */
public record OperatorTimes(Map<OperatorGroup, Double> seconds, double total) {

  private static final double NANOS = 1e9;

  private static final Map<String, OperatorGroup> OURS =
      Map.of(
          Spans.PRODUCT, OperatorGroup.PRODUCTS,
          Spans.ATTENTION, OperatorGroup.ATTENTION,
          Spans.UPDATE, OperatorGroup.OPTIMIZER,
          Spans.NORM, OperatorGroup.OPTIMIZER,
          Spans.COPY, OperatorGroup.COPIES);

  /** Parts of names; products of batches of matrices are those of attention. */
  private static final List<String> OF_ATTENTION =
      List.of("scaled_dot_product", "ScaledDotProduct", "bmm", "Bmm", "oftmax");

  private static final List<String> OF_PRODUCTS = List.of("aten::mm", "aten::addmm", "onvolution");

  private static final List<String> OF_COPIES =
      List.of(
          "copy",
          "clone",
          "contiguous",
          "cat",
          "zero",
          "fill_",
          "slice_backward",
          "AccumulateGrad");

  public OperatorTimes {
    seconds = Map.copyOf(seconds);
  }

  /** Of the steps that were recorded, on average. */
  public static OperatorTimes ofSteps(Recording.Result recorded) {
    return new Sums(recorded, span -> span.kind() == Span.Kind.STEP).times();
  }

  /** Of the further tokens that were recorded, on average. */
  public static OperatorTimes ofTokens(Recording.Result recorded) {
    return new Sums(recorded, span -> span.name().equals("token")).times();
  }

  /** Seconds in no operator: Java, and libtorch's dispatch. */
  public double between() {
    return total - seconds.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  /** Times that add up while operators are gone through. */
  private static final class Sums {
    private final Map<OperatorGroup, Double> nanos = new EnumMap<>(OperatorGroup.class);
    private final NavigableMap<Long, Long> windows;
    private final NavigableMap<Long, Long> ours;
    private final NavigableMap<Long, Long> heads;
    private final Deque<Open> open = new ArrayDeque<>();

    /** A call whose end has not come yet. */
    private static final class Open {
      private final TorchOperator operator;
      private final boolean attends;
      private long own;

      Open(TorchOperator operator, boolean attends) {
        this.operator = operator;
        this.attends = attends;
        own = operator.end() - operator.begin();
      }
    }

    Sums(Recording.Result recorded, Predicate<Span> isWindow) {
      List<Span> spans =
          recorded.spans().stream()
              .filter(span -> span.thread().equals(recorded.thread()))
              .toList();
      windows = intervals(spans, isWindow);
      heads =
          intervals(spans, span -> span.kind() == Span.Kind.SEGMENT && span.name().equals("head"));
      ours = intervals(spans, span -> group(span).isPresent());
      for (Span span : spans) {
        if (isIn(windows, span.begin())) {
          group(span).ifPresent(group -> add(group, span.nanos()));
        }
      }
      for (TorchOperator operator : recorded.operators()) {
        closeBefore(operator.begin());
        Open caller = open.peek();
        if (caller != null) {
          caller.own -= operator.end() - operator.begin();
        }
        boolean attends =
            (caller != null && caller.attends) || contains(operator.name(), OF_ATTENTION);
        open.push(new Open(operator, attends));
      }
      closeBefore(Long.MAX_VALUE);
    }

    private static Optional<OperatorGroup> group(Span span) {
      return span.kind() == Span.Kind.OPERATOR
          ? Optional.ofNullable(OURS.get(span.name()))
          : Optional.empty();
    }

    private static NavigableMap<Long, Long> intervals(List<Span> spans, Predicate<Span> which) {
      NavigableMap<Long, Long> intervals = new TreeMap<>();
      spans.stream().filter(which).forEach(span -> intervals.put(span.begin(), span.end()));
      return intervals;
    }

    private static boolean isIn(NavigableMap<Long, Long> intervals, long time) {
      Map.Entry<Long, Long> before = intervals.floorEntry(time);
      return before != null && time < before.getValue();
    }

    private void closeBefore(long time) {
      while (!open.isEmpty() && open.getFirst().operator.end() <= time) {
        close(open.pop());
      }
    }

    private void close(Open done) {
      long begin = done.operator.begin();
      if (isIn(windows, begin) && !isIn(ours, begin)) {
        add(isIn(heads, begin) ? OperatorGroup.HEAD : group(done), Math.max(0, done.own));
      }
    }

    private static OperatorGroup group(Open done) {
      String name = done.operator.name();
      if (done.attends) {
        return OperatorGroup.ATTENTION;
      }
      if (contains(name, OF_PRODUCTS)) {
        return OperatorGroup.PRODUCTS;
      }
      return contains(name, OF_COPIES) ? OperatorGroup.COPIES : OperatorGroup.ELEMENTWISE;
    }

    private static boolean contains(String name, List<String> parts) {
      return parts.stream().anyMatch(name::contains);
    }

    private void add(OperatorGroup group, long more) {
      nanos.merge(group, (double) more, Double::sum);
    }

    OperatorTimes times() {
      int count = Math.max(1, windows.size());
      Map<OperatorGroup, Double> seconds = new EnumMap<>(OperatorGroup.class);
      nanos.forEach((group, all) -> seconds.put(group, all / NANOS / count));
      double all =
          windows.entrySet().stream()
              .mapToDouble(window -> (double) (window.getValue() - window.getKey()))
              .sum();
      return new OperatorTimes(seconds, all / NANOS / count);
    }
  }
}
