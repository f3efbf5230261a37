package io.lockstep.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What takes how long in this process, noted while somebody asks for it. Code that may be asked
 * brackets its work:
 *
 * <pre>{@code
 * long begun = Spans.begin();
 * ...
 * Spans.end(begun, Span.Kind.STAGE, "forward", 0);
 * }</pre>
 *
 * <p>While nobody asks, that is the reading of one field; nothing is allocated. Work that throws is
 * not noted. From any thread.
 */
public final class Spans {

  /** Operators of ours, beside those of libtorch, by their names. */
  public static final String PRODUCT = "product";

  public static final String ATTENTION = "attention";

  public static final String UPDATE = "AdamW";

  public static final String NORM = "norm of the gradient";

  public static final String COPY = "gradient to its place";

  private static volatile @Nullable Spans recorded;

  private final Queue<Span> spans = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();
  private final int most;
  private volatile long step;

  private Spans(int most) {
    this.most = most;
  }

  /** When work begins; 0 while nobody asks. */
  public static long begin() {
    return recorded == null ? 0 : System.nanoTime();
  }

  /**
   * Notes work that has ended.
   *
   * @param begun what {@link #begin} has returned
   * @param name a text that is there already, so that nothing is allocated for nobody
   * @param bytes that were moved, 0 if they are not counted
   */
  public static void end(long begun, Span.Kind kind, String name, long bytes) {
    Spans to = recorded;
    if (begun != 0 && to != null) {
      to.add(
          new Span(
              kind,
              name,
              Thread.currentThread().getName(),
              to.step,
              begun,
              System.nanoTime(),
              bytes));
    }
  }

  private void add(Span span) {
    if (count.getAndIncrement() < most) {
      spans.add(span);
    }
  }

  /**
   * Begins to note.
   *
   * @param most so many spans are kept, the others are counted
   * @throws IllegalStateException if somebody else has begun to
   */
  public static synchronized Spans start(int most) {
    if (recorded != null) {
      throw new IllegalStateException("this process is being profiled already");
    }
    Spans begun = new Spans(most);
    recorded = begun;
    return begun;
  }

  /** Names the step that is under way from now on. */
  public void step(long number) {
    step = number;
  }

  /** The same for whoever knows a step's number and not who asks. */
  public static void at(long step) {
    Spans to = recorded;
    if (to != null) {
      to.step(step);
    }
  }

  /** Stops noting; gives what was noted in the order in which it ended. */
  public List<Span> stop() {
    synchronized (Spans.class) {
      if (this.equals(recorded)) {
        recorded = null;
      }
    }
    return new ArrayList<>(spans);
  }

  /** How many spans were not kept. */
  public int dropped() {
    return Math.max(0, count.get() - most);
  }
}
