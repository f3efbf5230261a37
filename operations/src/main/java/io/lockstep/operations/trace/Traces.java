package io.lockstep.operations.trace;

import java.util.function.Supplier;

/** Where spans go. Telling them returns at once, from any thread. */
public interface Traces extends AutoCloseable {

  /** Nowhere: spans aren't even made. */
  Traces OFF =
      new Traces() {
        @Override
        public boolean isOn() {
          return false;
        }

        @Override
        public void begin(TraceContext self, Supplier<Span> span) {}

        @Override
        public void part(TraceContext parent, Supplier<Span> span) {}

        @Override
        public void alone(Supplier<Span> span) {}
      };

  /** Whether anybody takes them. */
  default boolean isOn() {
    return true;
  }

  /** A span that others know as {@code self} and are parts of. */
  void begin(TraceContext self, Supplier<Span> span);

  /** A span that is a part of another process's. */
  void part(TraceContext parent, Supplier<Span> span);

  /** A span that nobody else knows of. */
  void alone(Supplier<Span> span);

  /** Gives away what is left, for some seconds at most. */
  @Override
  default void close() {}
}
