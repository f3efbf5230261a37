package io.lockstep.gateway.serving;

import java.util.List;
import java.util.Locale;

/** Tells whether a failure says that memory was short, so that less of it may succeed. */
public final class Shortage {

  /** How libtorch's allocators and the C++ library say it; their failures have no type here. */
  private static final List<String> NATIVE =
      List.of("can't allocate memory", "not enough memory", "out of memory", "bad_alloc");

  /** What stays full whatever is let go: without it the process can't go on. */
  private static final List<String> LASTING =
      List.of("metaspace", "compressed class space", "native thread");

  private Shortage() {}

  /** Whether memory was short for now: that of the heap or that of the tensors. */
  public static boolean isPassing(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      String message = String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
      if (t instanceof OutOfMemoryError) {
        return LASTING.stream().noneMatch(message::contains);
      }
      if (NATIVE.stream().anyMatch(message::contains)) {
        return true;
      }
    }
    return false;
  }
}
