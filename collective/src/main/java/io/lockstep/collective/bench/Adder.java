package io.lockstep.collective.bench;

import java.lang.foreign.MemorySegment;

/** Adds memory element by element, such as {@link io.lockstep.collective.FloatSum#add}. */
@FunctionalInterface
public interface Adder {

  /** Sets {@code into[i] = into[i] + from[i]} for all float32 elements i below {@code floats}. */
  void add(MemorySegment into, MemorySegment from, long floats);
}
