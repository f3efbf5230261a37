package io.lockstep.collective.tcp;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Notices that an exchange stands still. Confined to the link's event loop. */
final class StallWatch {

  /** What is watched. */
  interface Watched {

    /** When the last byte moved in the exchange in flight; null if none is or it is paused here. */
    @Nullable Long lastProgress();

    /** Nothing has moved for {@code silence}. */
    void stalled(Duration silence);
  }

  private final EventLoop loop;
  private long limitNanos;
  private final Watched watched;
  private @Nullable Future<?> timer;
  private long reportedFor;
  private long nextSilence;

  StallWatch(EventLoop loop, Watched watched) {
    this.loop = loop;
    this.watched = watched;
  }

  /**
   * An exchange begins; a timer that an earlier one has left running will do, unless it comes too
   * late.
   *
   * @param limit silence after which it stands still
   */
  void begin(Duration limit) {
    long nanos = limit.toNanos();
    if (timer != null && nanos < limitNanos) {
      end();
    }
    limitNanos = nanos;
    nextSilence = nanos;
    if (timer == null) {
      schedule(nanos);
    }
  }

  void end() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void schedule(long nanos) {
    ScheduledFuture<?> scheduled = loop.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
    timer = scheduled;
  }

  private void look() {
    timer = null;
    @Nullable Long last = watched.lastProgress();
    if (last == null) {
      return;
    }
    if (last != reportedFor) {
      reportedFor = last;
      nextSilence = limitNanos;
    }
    long silence = System.nanoTime() - last;
    if (silence >= nextSilence) {
      nextSilence = 2 * silence;
      // Before the report, which may end the link and with it the watch.
      schedule(silence);
      watched.stalled(Duration.ofNanos(silence));
    } else {
      schedule(nextSilence - silence);
    }
  }
}
