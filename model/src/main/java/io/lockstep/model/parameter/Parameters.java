package io.lockstep.model.parameter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of one model: a flat float32 buffer and a named view of it for every parameter.
 * Those that nothing trains may lie beside it, each in memory and a type of its own.
 */
public final class Parameters implements Weights, AutoCloseable {

  private final ParameterLayout layout;
  private final Scope scope = Scope.lasting();
  private final NDArray flat;
  private final boolean isFlat;
  private final SequencedMap<String, NDArray> views = new LinkedHashMap<>();

  /** Parameters that are all zero. */
  public Parameters(ParameterLayout layout) {
    this.layout = layout;
    flat = zeros(layout);
    isFlat = true;
    addViews(layout);
  }

  /** All there, and zero; parts may be given back. */
  private NDArray zeros(ParameterLayout layout) {
    NDArray zeros = scope.sparse(Dtype.FLOAT32, layout.size());
    Buffer.of(zeros).commit();
    return zeros;
  }

  /** Makes the values of a parameter, as a tensor that belongs to a scope. */
  @FunctionalInterface
  public interface Maker {
    NDArray make(Scope scope, ParameterSpec parameter);
  }

  /**
   * Parameters of which the first {@code count} lie in the flat buffer, all zero. The others are
   * made one by one.
   */
  public Parameters(ParameterLayout layout, int count, Maker others) {
    this.layout = layout;
    ParameterLayout first = layout.first(count);
    flat = zeros(first);
    isFlat = count == layout.slots().size();
    addViews(first);
    try {
      for (ParameterLayout.Slot slot : layout.slots().subList(count, layout.slots().size())) {
        views.put(slot.spec().name(), others.make(scope, slot.spec()));
      }
    } catch (RuntimeException | Error e) {
      scope.close();
      throw e;
    }
  }

  private Parameters(ParameterLayout layout, Parameters owner) {
    this.layout = layout;
    isFlat = true;
    try (Scope temporaries = Scope.open()) {
      flat = scope.keep(Ops.narrow(owner.flat, 0, 0, layout.size()));
    }
    addViews(layout);
  }

  private void addViews(ParameterLayout inFlat) {
    try (Scope temporaries = Scope.open()) {
      for (ParameterLayout.Slot slot : inFlat.slots()) {
        views.put(slot.spec().name(), scope.keep(view(flat, slot)));
      }
    }
  }

  /**
   * The first {@code count} parameters alone. They share this memory, and are valid as long as
   * these parameters are.
   */
  public Parameters first(int count) {
    return new Parameters(layout.first(count), this);
  }

  /** The part of a flat buffer that belongs to a parameter, in the parameter's shape. */
  public static NDArray view(NDArray flat, ParameterLayout.Slot slot) {
    ParameterSpec spec = slot.spec();
    return Ops.narrow(flat, 0, slot.offset(), spec.elements())
        .reshape(new Shape(spec.dimensions()));
  }

  /** Where each parameter lies. */
  public ParameterLayout layout() {
    return layout;
  }

  /**
   * The whole buffer [layout.size()]. Writing to it changes the parameters.
   *
   * @throws IllegalStateException if some of them lie beside it
   */
  public NDArray flat() {
    if (!isFlat) {
      throw new IllegalStateException(
          "some of these parameters lie in memory of their own, as nothing trains them");
    }
    return flat;
  }

  @Override
  public @Nullable NDArray find(String name) {
    return views.get(name);
  }

  /** All parameters by name, in the order of the layout. */
  public SequencedMap<String, NDArray> byName() {
    return Collections.unmodifiableSequencedMap(views);
  }

  /**
   * Leaves of a graph to come, one for every parameter and sharing its values; they and their
   * gradients belong to the innermost scope.
   */
  public SequencedMap<String, NDArray> leaves() {
    SequencedMap<String, NDArray> leaves = new LinkedHashMap<>();
    views.forEach((name, view) -> leaves.put(name, Autograd.leaf(view)));
    return leaves;
  }

  @Override
  public void close() {
    scope.close();
  }
}
