package io.lockstep.model.parameter;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Where each parameter lies in one flat float32 buffer.
 *
 * <p>The order is the order of computation, so that a range of the buffer is a range of the model.
 * Every parameter starts at a multiple of {@value #ALIGNMENT} values (64 bytes): vector kernels
 * then see the same alignment in every process, which keeps their results equal to the bit. The
 * gaps hold zeros for ever.
 */
public final class ParameterLayout {

  /** Parameters start at multiples of this many values. */
  public static final int ALIGNMENT = 16;

  private final List<Slot> slots;
  private final long size;

  /** One parameter's place: {@code offset} in values from the start of the buffer. */
  public record Slot(ParameterSpec spec, long offset) {
    /** First value after the parameter. */
    public long end() {
      return offset + spec.elements();
    }
  }

  /** Lays the parameters out in the given order; names must be unique. */
  public ParameterLayout(List<ParameterSpec> specs) {
    List<Slot> laidOut = new ArrayList<>();
    Set<String> names = new HashSet<>();
    long offset = 0;
    for (ParameterSpec spec : specs) {
      if (!names.add(spec.name())) {
        throw new IllegalArgumentException("parameter " + spec.name() + " is listed twice");
      }
      laidOut.add(new Slot(spec, offset));
      offset = Math.ceilDiv(offset + spec.elements(), ALIGNMENT) * ALIGNMENT;
    }
    slots = List.copyOf(laidOut);
    size = offset;
  }

  /** The first {@code count} parameters, at the places they have here. */
  public ParameterLayout first(int count) {
    return new ParameterLayout(slots.stream().limit(count).map(Slot::spec).toList());
  }

  /**
   * The same parameters with those of some modules moved to the end, so that the others lie
   * together; the order within both parts stays.
   */
  public ParameterLayout withLast(Set<ParameterSpec.Module> modules) {
    List<ParameterSpec> specs = new ArrayList<>();
    slots.stream()
        .map(Slot::spec)
        .filter(spec -> !modules.contains(spec.module()))
        .forEach(specs::add);
    slots.stream()
        .map(Slot::spec)
        .filter(spec -> modules.contains(spec.module()))
        .forEach(specs::add);
    return new ParameterLayout(specs);
  }

  /** The parameters that belong to none of some modules, laid out anew. */
  public ParameterLayout without(Set<ParameterSpec.Module> modules) {
    return new ParameterLayout(
        slots.stream().map(Slot::spec).filter(spec -> !modules.contains(spec.module())).toList());
  }

  /** The parameters in order. */
  public List<Slot> slots() {
    return slots;
  }

  /** Values of the whole buffer, gaps included. */
  public long size() {
    return size;
  }

  /** Number of parameters' values, gaps left out. */
  public long elements() {
    return slots.stream().mapToLong(slot -> slot.spec().elements()).sum();
  }
}
