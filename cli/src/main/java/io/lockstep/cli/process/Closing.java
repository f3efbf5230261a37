package io.lockstep.cli.process;

import java.util.concurrent.atomic.AtomicBoolean;

/** Stops a server when the process is asked to end or this is closed, whatever comes first. */
public final class Closing implements AutoCloseable {

  private final AtomicBoolean stopped = new AtomicBoolean();
  private final Runnable stop;

  private Closing(Runnable stop) {
    this.stop = stop;
  }

  /** Runs {@code stop} once, at the end of the process or of this object. */
  public static Closing atExit(Runnable stop) {
    Closing closing = new Closing(stop);
    Runtime.getRuntime().addShutdownHook(new Thread(closing::close, "stop-at-exit"));
    return closing;
  }

  @Override
  public void close() {
    if (stopped.compareAndSet(false, true)) {
      stop.run();
    }
  }
}
