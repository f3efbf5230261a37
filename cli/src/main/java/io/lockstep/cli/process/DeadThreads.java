package io.lockstep.cli.process;

import java.io.PrintStream;
import java.util.function.IntConsumer;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when one of its threads dies: what that thread did, such as handling a run's
 * events, is not done any more, and others would wait for it without end.
 */
public final class DeadThreads implements Thread.UncaughtExceptionHandler {

  /** Exit status of a process that failed by a fault of its own (EX_SOFTWARE). */
  static final int STATUS = 70;

  private final PrintStream err;
  private final IntConsumer end;

  DeadThreads(PrintStream err, IntConsumer end) {
    this.err = err;
    this.end = end;
  }

  /** Watches over all threads of this process from now on. */
  public static void watch() {
    Thread.setDefaultUncaughtExceptionHandler(
        new DeadThreads(System.err, Runtime.getRuntime()::halt));
  }

  @Override
  public void uncaughtException(Thread thread, Throwable error) {
    try {
      LoggerFactory.getLogger(DeadThreads.class).error("thread {} died", thread.getName(), error);
      err.printf(
          "error: thread %s died of %s: the process ends, as nobody does its work any more%n",
          thread.getName(), error);
    } finally {
      end.accept(STATUS);
    }
  }
}
