package io.lockstep.tensor;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.djl.ndarray.NDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One overload of an ATen operator, called through libtorch's dispatcher and hence recorded for
 * gradients like any other.
 *
 * <p>Arguments follow the operator's schema, all of them, defaults included. What the dispatcher
 * takes as arguments (libtorch 2.7): tensors, integers, floating-point numbers, bools, types, and
 * optionals of those. It takes neither {@code Scalar} nor lists nor strings: a scalar becomes a
 * tensor without dimensions ({@link Scalar}) in overloads that have one, and operators that need a
 * list or a string are composed.
 */
record Operator(MemorySegment name, MemorySegment overload) {

  /** An argument of an operator. */
  sealed interface Argument {}

  record Tensor(NDArray array) implements Argument {}

  /** A tensor argument that is a plain number. */
  record Scalar(double value) implements Argument {}

  record Whole(long value) implements Argument {}

  record Real(double value) implements Argument {}

  record Flag(boolean value) implements Argument {}

  record Type(Dtype value) implements Argument {}

  record Some(Argument value) implements Argument {}

  record None() implements Argument {}

  private static final None NONE = new None();

  /** More than any operator's number of arguments or results. */
  private static final int STACK_SLOTS = 32;

  private static final ThreadLocal<MemorySegment> STACK =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(JAVA_LONG, STACK_SLOTS));

  /** Names an operator's default overload, for example {@code linear}. */
  static Operator of(String name) {
    return of(name, "");
  }

  /** Names an operator and an overload, for example {@code mul} and {@code Tensor}. */
  static Operator of(String name, String overload) {
    return new Operator(
        Arena.global().allocateFrom("aten::" + name), Arena.global().allocateFrom(overload));
  }

  static Argument tensor(NDArray array) {
    return new Tensor(array);
  }

  static Argument number(double value) {
    return new Scalar(value);
  }

  static Argument whole(long value) {
    return new Whole(value);
  }

  static Argument real(double value) {
    return new Real(value);
  }

  static Argument flag(boolean value) {
    return new Flag(value);
  }

  static Argument type(Dtype value) {
    return new Type(value);
  }

  static Argument none() {
    return NONE;
  }

  static Argument some(Argument value) {
    return new Some(value);
  }

  static Argument optional(@Nullable NDArray array) {
    return array == null ? NONE : new Some(new Tensor(array));
  }

  /**
   * Calls an operator with one result, which belongs to the innermost scope open on this thread.
   */
  NDArray apply(Argument... arguments) {
    Scope scope = Scope.current();
    return scope.adopt(invoke(arguments));
  }

  /** Calls an operator with one tensor as its result, whose handle is the caller's. */
  long applyToHandle(Argument... arguments) {
    return invoke(arguments);
  }

  /** Calls an operator with several tensors as its results, of which the first is wanted. */
  NDArray applyToFirst(int results, Argument... arguments) {
    Scope scope = Scope.current();
    long first = invoke(arguments);
    for (int i = 1; i < results; i++) {
      Native.delete(STACK.get().getAtIndex(JAVA_LONG, i));
    }
    return scope.adopt(first);
  }

  /** Calls an operator whose result is an integer. */
  long applyToWhole(Argument... arguments) {
    return invoke(arguments);
  }

  /** Calls an operator that changes its first argument in place. */
  void applyInPlace(Argument... arguments) {
    Native.delete(invoke(arguments));
  }

  private long invoke(Argument... arguments) {
    MemorySegment stack = STACK.get();
    int filled = 0;
    try {
      for (; filled < arguments.length; filled++) {
        stack.setAtIndex(JAVA_LONG, filled, toWord(arguments[filled]));
      }
    } catch (RuntimeException e) {
      for (int i = 0; i < filled; i++) {
        release(arguments[i], stack.getAtIndex(JAVA_LONG, i));
      }
      throw e;
    }
    if (!Native.call(name, overload, stack)) {
      throw new TorchException(
          describe(arguments) + " failed; libtorch has printed the reason to standard error");
    }
    return stack.getAtIndex(JAVA_LONG, 0);
  }

  private static long toWord(Argument argument) {
    return switch (argument) {
      case Tensor(NDArray array) -> Native.duplicate(Native.handle(array));
      case Scalar(double value) -> Native.scalar(value);
      case Whole(long value) -> value;
      case Real(double value) -> Double.doubleToRawLongBits(value);
      case Flag(boolean value) -> value ? 1 : 0;
      case Type(Dtype value) -> value.code();
      case Some(Argument value) -> Native.heapCell(toWord(value));
      case None() -> 0;
    };
  }

  /** Gives back what {@link #toWord} made for an argument that libtorch has not consumed. */
  private static void release(Argument argument, long word) {
    switch (argument) {
      case Tensor tensor -> Native.delete(word);
      case Scalar scalar -> Native.delete(word);
      case Some(Argument value) -> {
        release(
            value,
            MemorySegment.ofAddress(word).reinterpret(JAVA_LONG.byteSize()).get(JAVA_LONG, 0));
        Native.freeCell(word);
      }
      case Whole whole -> {}
      case Real real -> {}
      case Flag flag -> {}
      case Type type -> {}
      case None none -> {}
    }
  }

  private String describe(Argument... arguments) {
    String overloadName = overload.getString(0);
    return name.getString(0)
        + (overloadName.isEmpty() ? "" : "." + overloadName)
        + Arrays.stream(arguments)
            .map(Operator::describe)
            .collect(Collectors.joining(", ", "(", ")"));
  }

  private static String describe(Argument argument) {
    return switch (argument) {
      case Tensor(NDArray array) ->
          Dtype.of(array).name().toLowerCase(java.util.Locale.ROOT) + array.getShape();
      case Scalar(double value) -> Double.toString(value);
      case Whole(long value) -> Long.toString(value);
      case Real(double value) -> Double.toString(value);
      case Flag(boolean value) -> Boolean.toString(value);
      case Type(Dtype value) -> value.name().toLowerCase(java.util.Locale.ROOT);
      case Some(Argument value) -> describe(value);
      case None() -> "none";
    };
  }
}
