package io.lockstep.worker.train;

import io.lockstep.data.plan.RankSpan;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Makes micro-batches ahead of the step that computes on them. What comes out depends on the plan
 * alone, never on how far ahead the thread is.
 */
final class Prefetcher implements AutoCloseable {

  private static final int STEPS_AHEAD = 2;

  private final BlockingQueue<Made> made;
  private final Thread thread;
  private volatile boolean closed;

  /** A micro-batch, or why there is none. */
  private sealed interface Made {
    record Ready(MicroBatch microBatch) implements Made {}

    record Failed(Throwable cause) implements Made {}
  }

  Prefetcher(MicroBatches source, long firstStep, long totalSteps, RankSpan span) {
    made = new ArrayBlockingQueue<>(STEPS_AHEAD * Math.max(1, span.size()));
    thread =
        Thread.ofPlatform()
            .daemon()
            .name("data")
            .unstarted(() -> run(source, firstStep, totalSteps, span));
    thread.start();
  }

  private void run(MicroBatches source, long firstStep, long totalSteps, RankSpan span) {
    try {
      for (long step = firstStep; step < totalSteps && !closed; step++) {
        for (int virtualRank = span.first(); virtualRank < span.end() && !closed; virtualRank++) {
          made.put(new Made.Ready(source.make(step, virtualRank)));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SampleException | RuntimeException | Error e) {
      report(e);
    }
  }

  private void report(Throwable failure) {
    try {
      made.put(new Made.Failed(failure));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The micro-batch of that step and virtual rank; asked for in order. */
  MicroBatch take(long step, int virtualRank) throws SampleException, InterruptedException {
    return switch (made.take()) {
      case Made.Ready(MicroBatch next)
          when next.step() == step && next.virtualRank() == virtualRank ->
          next;
      case Made.Ready(MicroBatch next) ->
          throw new IllegalStateException(
              "asked for step %d, virtual rank %d; step %d, virtual rank %d is next"
                  .formatted(step, virtualRank, next.step(), next.virtualRank()));
      case Made.Failed(SampleException cause) ->
          throw new SampleException(String.valueOf(cause.getMessage()), cause);
      case Made.Failed(Throwable cause) ->
          throw new IllegalStateException("making step " + step + " failed: " + cause, cause);
    };
  }

  /** Whether micro-batches are still being made. */
  boolean isAlive() {
    return thread.isAlive();
  }

  /**
   * Ends the thread and waits for the micro-batch it is making: whoever closes this frees the
   * tokenizer and the mapped file it reads from next.
   */
  @Override
  public void close() {
    closed = true;
    made.clear();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
