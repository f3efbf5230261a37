package io.lockstep.operations.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Traces that are kept. */
public final class RecordedTraces implements Traces {

  // Guarded by this.
  private final List<Told> told = new ArrayList<>();

  /**
   * A span.
   *
   * @param self what others know it by
   * @param parent whose part it is
   */
  public record Told(Optional<TraceContext> self, Optional<TraceContext> parent, Span span) {

    /** Names of its parts, in order. */
    public List<String> parts() {
      return span.parts().stream().map(Span::name).toList();
    }
  }

  @Override
  public void begin(TraceContext self, Supplier<Span> span) {
    add(new Told(Optional.of(self), Optional.empty(), span.get()));
  }

  @Override
  public void part(TraceContext parent, Supplier<Span> span) {
    add(new Told(Optional.empty(), Optional.of(parent), span.get()));
  }

  @Override
  public void alone(Supplier<Span> span) {
    add(new Told(Optional.empty(), Optional.empty(), span.get()));
  }

  private synchronized void add(Told span) {
    told.add(span);
    notifyAll();
  }

  /** What was told, in order. */
  public synchronized List<Told> told() {
    return List.copyOf(told);
  }

  /** Waits until so many were told. */
  public synchronized List<Told> await(int spans) throws InterruptedException {
    while (told.size() < spans) {
      wait();
    }
    return List.copyOf(told);
  }
}
