package io.lockstep.gateway.serving;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lowers the calling thread's priority for good, so that work nobody waits for doesn't take the
 * processor from answers. Java's own priorities have no effect on Linux.
 */
public final class Background {

  private static final Logger log = LoggerFactory.getLogger(Background.class);

  /** Of a thread; 0 is the calling one. */
  private static final int PRIO_PROCESS = 0;

  /**
   * About a tenth of a processor where others want it. Not the lowest: the Java runtime waits for
   * each thread now and then.
   */
  private static final int NICE = 10;

  private Background() {}

  /** Puts the calling thread into the background; where that can't be done it stays as it is. */
  public static void enter() {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux")) {
      return;
    }
    Optional<MemorySegment> function = Linker.nativeLinker().defaultLookup().find("setpriority");
    if (function.isEmpty()) {
      return;
    }
    try {
      int failed =
          (int)
              Linker.nativeLinker()
                  .downcallHandle(
                      function.get(),
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_INT))
                  .invokeExact(PRIO_PROCESS, 0, NICE);
      if (failed != 0) {
        log.debug("thread {} keeps its priority", Thread.currentThread().getName());
      }
    } catch (Throwable e) {
      throw new IllegalStateException("setpriority can't be called: " + e, e);
    }
  }
}
