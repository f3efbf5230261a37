package io.lockstep.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Libtorch's settings of a whole process ({@code at::globalContext()}). */
final class TorchContext {

  private static final MemorySegment CONTEXT = context();

  private TorchContext() {}

  private static MemorySegment context() {
    try {
      return (MemorySegment)
          Native.bind("_ZN2at13globalContextEv", FunctionDescriptor.of(ADDRESS)).invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("at::globalContext", e);
    }
  }

  /**
   * Whether matrix products and convolutions of float32 may round their factors to TF32, 10 bits of
   * mantissa, on devices that have instructions for it.
   */
  static void allowTf32(boolean allow) {
    set("_ZN2at7Context18setAllowTF32CuBLASEb", allow);
    set("_ZN2at7Context17setAllowTF32CuDNNEb", allow);
  }

  /** See {@link #allowTf32}. */
  static boolean allowsTf32() {
    return get("_ZNK2at7Context15allowTF32CuBLASEv") && get("_ZNK2at7Context14allowTF32CuDNNEv");
  }

  /**
   * Operators take kernels that give the same bits each time; those that have none fail. Memory
   * that an operator leaves undefined is not filled for it.
   */
  static void requireSameBits() {
    deterministic(true);
    set("_ZN2at7Context39setDeterministicFillUninitializedMemoryEb", false);
  }

  /** See {@link #requireSameBits}. */
  static boolean requiresSameBits() {
    return get("_ZNK2at7Context23deterministicAlgorithmsEv");
  }

  /** Back to how libtorch starts. */
  static void forgetSameBits() {
    deterministic(false);
  }

  private static void deterministic(boolean required) {
    String symbol = "_ZN2at7Context26setDeterministicAlgorithmsEbb";
    MethodHandle function =
        Native.bind(symbol, FunctionDescriptor.ofVoid(ADDRESS, JAVA_BOOLEAN, JAVA_BOOLEAN));
    try {
      function.invokeExact(CONTEXT, required, false);
    } catch (Throwable e) {
      throw new IllegalStateException(symbol, e);
    }
  }

  private static void set(String symbol, boolean value) {
    MethodHandle function = Native.bind(symbol, FunctionDescriptor.ofVoid(ADDRESS, JAVA_BOOLEAN));
    try {
      function.invokeExact(CONTEXT, value);
    } catch (Throwable e) {
      throw new IllegalStateException(symbol, e);
    }
  }

  private static boolean get(String symbol) {
    MethodHandle function = Native.bind(symbol, FunctionDescriptor.of(JAVA_BOOLEAN, ADDRESS));
    try {
      return (boolean) function.invokeExact(CONTEXT);
    } catch (Throwable e) {
      throw new IllegalStateException(symbol, e);
    }
  }
}
