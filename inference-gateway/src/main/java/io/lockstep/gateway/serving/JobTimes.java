package io.lockstep.gateway.serving;

import io.lockstep.operations.trace.TraceContext;
import java.util.Optional;
import java.util.OptionalDouble;

/** When a job was taken, begun and answered; told to a watch once, at its end. */
final class JobTimes {

  private static final double NANOS = 1e9;

  private final ServingWatch watch;
  private final long taken = System.nanoTime();
  private final Optional<TraceContext> parent = CallTrace.current();
  private OptionalDouble queued = OptionalDouble.empty();
  private OptionalDouble firstText = OptionalDouble.empty();
  private boolean ended;

  JobTimes(ServingWatch watch) {
    this.watch = watch;
  }

  /** The model begins with it; a second time changes nothing. */
  synchronized void begun() {
    if (queued.isEmpty()) {
      queued = OptionalDouble.of(now());
    }
  }

  synchronized void text() {
    if (firstText.isEmpty()) {
      firstText = OptionalDouble.of(now());
    }
  }

  void end(ServingWatch.Ending ending) {
    ServingWatch.Ended request;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      request = new ServingWatch.Ended(ending, queued, firstText, now(), parent);
    }
    watch.onEnd(request);
  }

  private double now() {
    return (System.nanoTime() - taken) / NANOS;
  }
}
