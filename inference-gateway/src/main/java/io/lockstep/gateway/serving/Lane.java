package io.lockstep.gateway.serving;

import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that makes jobs ready, within a budget of heap.
 *
 * <p>The job that is due first goes first, and a job is due the later the larger it is: small ones
 * overtake, large ones are reached in the end.
 */
final class Lane implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Lane.class);

  /** Bytes that make a job due a second later. */
  private static final long BYTES_PER_SECOND = 16L << 20;

  /** What is done with each job. */
  @FunctionalInterface
  interface Work {
    void run(Job job, Lane lane) throws InterruptedException;
  }

  private record Entry(Job job, double due, long order) implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      int first = Double.compare(due, other.due);
      return first != 0 ? first : Long.compare(order, other.order);
    }
  }

  private final ByteBudget budget;
  private final Work work;
  private final PriorityBlockingQueue<Entry> queue = new PriorityBlockingQueue<>();
  private final AtomicLong order = new AtomicLong();
  private final Thread thread;
  private volatile boolean background;
  private volatile boolean stalled;

  Lane(String name, long budgetBytes, Work work) {
    this.budget = new ByteBudget(budgetBytes);
    this.work = work;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  /**
   * Begins to work.
   *
   * @param inBackground whether the processor is left to whoever else wants it
   */
  void start(boolean inBackground) {
    background = inBackground;
    thread.start();
  }

  /** Heap that its jobs take and hold. */
  ByteBudget budget() {
    return budget;
  }

  /** Whether it waits for memory that earlier jobs hold. */
  boolean isStalled() {
    return stalled;
  }

  /** Takes heap, and tells if that has to be waited for. */
  void take(long bytes, Runnable delayed) throws InterruptedException {
    if (budget.tryTake(bytes)) {
      return;
    }
    stalled = true;
    try {
      delayed.run();
      budget.take(bytes);
    } finally {
      stalled = false;
    }
  }

  void add(Job job) {
    double due = System.nanoTime() / 1e9 + (double) job.weight() / BYTES_PER_SECOND;
    queue.add(new Entry(job, due, order.getAndIncrement()));
  }

  private void run() {
    if (background) {
      Background.enter();
    }
    try {
      while (true) {
        work.run(queue.take().job, this);
      }
    } catch (InterruptedException e) {
      log.debug("{} ends", thread.getName());
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    awaitEnd(thread);
  }

  /** Waits for a thread's end; an interrupt meanwhile is kept for later. */
  static void awaitEnd(Thread thread) {
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
