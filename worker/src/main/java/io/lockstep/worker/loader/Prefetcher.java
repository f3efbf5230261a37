package io.lockstep.worker.loader;

import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import io.lockstep.worker.loader.MicroBatches.Row;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes micro-batches ahead of the step that computes on them, with several threads that each make
 * one sample at a time. What comes out depends on the plan alone, never on how many threads there
 * are or how far ahead they are.
 *
 * <p>Threads take up samples in the order of the plan. A sample is taken up if what is made ahead,
 * with as much as the largest sample so far for each that is being made, stays within the limit of
 * bytes, or if its micro-batch is the next to be taken.
 */
public final class Prefetcher implements AutoCloseable {

  private static final int STEPS_AHEAD = 4;

  private final MicroBatches source;
  private final LoaderOptions options;
  private final LoaderTimes times;
  private final long totalSteps;
  private final RankSpan span;
  private final List<Thread> threads = new ArrayList<>();

  // Guarded by this.
  /** Micro-batches from the one to be taken next to the newest that was begun. */
  private final Deque<Work> ahead = new ArrayDeque<>();

  private long nextStep;
  private int nextVirtualRank;
  private long heldBytes;
  private long largestRow;
  private int beingMade;
  private boolean failed;
  private boolean closed;

  /** A micro-batch on its way. */
  private static final class Work {
    private final long step;
    private final int virtualRank;
    private final List<SampleRef> draws;
    private final @Nullable Row[] rows;
    private int claimed;
    private int done;
    private @Nullable MicroBatch made;

    /** Why there is none: the failure of its first sample that failed. */
    private @Nullable Throwable failure;

    private int failedRow = Integer.MAX_VALUE;

    Work(long step, int virtualRank, List<SampleRef> draws) {
      this.step = step;
      this.virtualRank = virtualRank;
      this.draws = draws;
      rows = new @Nullable Row[draws.size()];
    }

    boolean isOver() {
      return made != null || (failure != null && done == rows.length);
    }
  }

  /** One sample of it. */
  private record Claim(Work work, int row) {
    SampleRef draw() {
      return work.draws.get(row);
    }
  }

  Prefetcher(
      MicroBatches source,
      LoaderOptions options,
      LoaderTimes times,
      long firstStep,
      long totalSteps,
      RankSpan span) {
    this.source = source;
    this.options = options;
    this.times = times;
    this.totalSteps = totalSteps;
    this.span = span;
    nextStep = firstStep;
    nextVirtualRank = span.first();
    for (int i = 0; i < options.threads(); i++) {
      threads.add(Thread.ofPlatform().daemon().name("data-" + i).unstarted(this::run));
    }
    threads.forEach(Thread::start);
  }

  // ---- threads that make samples

  private void run() {
    try {
      for (Claim claim = claim(); claim != null; claim = claim()) {
        make(claim);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void make(Claim claim) {
    try {
      long begun = Spans.begin();
      Row row = source.row(claim.draw());
      Spans.end(begun, Span.Kind.STAGE, "make a sample", 0);
      List<Row> whole = finished(claim, row);
      if (!whole.isEmpty()) {
        Work work = claim.work();
        collated(work, source.collate(work.step, work.virtualRank, whole));
      }
    } catch (SampleException | RuntimeException | Error e) {
      failed(claim, e);
    }
  }

  /** The next sample to make; nothing if there is none left. */
  private synchronized @Nullable Claim claim() throws InterruptedException {
    while (!closed) {
      Work work = ahead.peekLast();
      boolean begun = work != null && work.claimed < work.rows.length;
      if (!begun && (failed || nextStep >= totalSteps)) {
        return null;
      }
      boolean isAwaited = ahead.isEmpty() || (begun && ahead.size() == 1);
      if (isAwaited || (hasRoom() && (begun || ahead.size() < STEPS_AHEAD * span.size()))) {
        beingMade++;
        Work next = begun && work != null ? work : begin();
        return new Claim(next, next.claimed++);
      }
      wait();
    }
    return null;
  }

  private boolean hasRoom() {
    return heldBytes + (beingMade + 1) * largestRow <= options.bytes();
  }

  private Work begin() {
    Work work = new Work(nextStep, nextVirtualRank, source.draws(nextStep, nextVirtualRank));
    ahead.addLast(work);
    nextVirtualRank++;
    if (nextVirtualRank == span.end()) {
      nextVirtualRank = span.first();
      nextStep++;
    }
    notifyAll();
    return work;
  }

  /** All rows of the micro-batch, if this was the last one it lacked and none has failed. */
  private synchronized List<Row> finished(Claim claim, Row row) {
    Work work = claim.work();
    work.rows[claim.row()] = row;
    work.done++;
    beingMade--;
    heldBytes += row.bytes();
    largestRow = Math.max(largestRow, row.bytes());
    notifyAll();
    List<Row> whole = new ArrayList<>();
    if (work.done == work.rows.length && work.failure == null) {
      for (Row each : work.rows) {
        if (each != null) {
          whole.add(each);
        }
      }
    }
    return whole;
  }

  private synchronized void collated(Work work, MicroBatch microBatch) {
    heldBytes += microBatch.bytes() - rowBytes(work);
    Arrays.fill(work.rows, null);
    work.made = microBatch;
    notifyAll();
  }

  private static long rowBytes(Work work) {
    long bytes = 0;
    for (Row row : work.rows) {
      bytes += row == null ? 0 : row.bytes();
    }
    return bytes;
  }

  private synchronized void failed(Claim claim, Throwable failure) {
    Work work = claim.work();
    if (work.rows[claim.row()] == null) {
      work.done++;
      beingMade--;
    }
    if (claim.row() < work.failedRow) {
      work.failedRow = claim.row();
      work.failure = failure;
    }
    failed = true;
    notifyAll();
  }

  // ---- the training thread

  /** The micro-batch of that step and virtual rank; asked for in order. */
  public MicroBatch take(long step, int virtualRank) throws SampleException, InterruptedException {
    LoaderTimes.Clock clock = times.start();
    Work next = awaitFirst();
    clock.lap(LoaderTimes.Stage.WAIT);
    MicroBatch made = next.made;
    if (made != null) {
      if (made.step() == step && made.virtualRank() == virtualRank) {
        return made;
      }
      throw new IllegalStateException(
          "asked for step %d, virtual rank %d; step %d, virtual rank %d is next"
              .formatted(step, virtualRank, made.step(), made.virtualRank()));
    }
    if (next.failure instanceof SampleException cause) {
      throw new SampleException(String.valueOf(cause.getMessage()), cause);
    }
    throw new IllegalStateException(
        "making step " + step + " failed: " + next.failure, next.failure);
  }

  private synchronized Work awaitFirst() throws InterruptedException {
    while (true) {
      Work first = ahead.peekFirst();
      if (first != null && first.isOver()) {
        MicroBatch made = first.made;
        if (made != null) {
          ahead.removeFirst();
          heldBytes -= made.bytes();
          notifyAll();
        }
        return first;
      }
      if (first == null && nextStep >= totalSteps) {
        throw new IllegalStateException("there are no micro-batches after step " + totalSteps);
      }
      wait();
    }
  }

  /** Whether micro-batches are still being made. */
  boolean isAlive() {
    return threads.stream().anyMatch(Thread::isAlive);
  }

  /** What is made ahead or on its way, in bytes. */
  synchronized long heldBytes() {
    return heldBytes;
  }

  /**
   * Ends the threads and waits for the samples they are making: whoever closes this frees the
   * tokenizer and the mapped files they read from next.
   */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      ahead.clear();
      notifyAll();
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
