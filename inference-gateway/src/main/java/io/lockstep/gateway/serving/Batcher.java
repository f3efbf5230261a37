package io.lockstep.gateway.serving;

import io.lockstep.gateway.serving.ServingException.Kind;
import io.lockstep.model.generate.Profile;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the model: one thread takes whatever waits, up to a batch, and has the model answer it.
 *
 * <p>Jobs leave the queue in order; a batch is the oldest job and those after it of the same
 * profile, whatever their other settings. Models are swapped between batches, so that a request
 * finishes on the model it started with. Every submitted job that isn't cancelled ends with exactly
 * one answer or failure.
 */
public final class Batcher implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Batcher.class);

  /** Hears whether requests are being answered. Called by the model thread. */
  public interface Listener {

    /** Requests are answered by this model from now on. */
    void onServing(ModelIdentity model);

    /** No request will be answered any more. */
    void onStopped();
  }

  /** What the model thread does next. */
  private sealed interface Turn {
    record Adopt(Swap swap) implements Turn {}

    record Run(List<Job> jobs) implements Turn {}

    record End() implements Turn {}
  }

  private record Swap(ServedModel model, CompletableFuture<Void> adopted) {}

  private final int maxBatch;
  private final int capacity;
  private final Listener listener;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Job> waiting = new ArrayDeque<>();
  private final Thread thread;
  private @Nullable Swap pending;
  private volatile @Nullable ServedModel current;
  private volatile boolean closing;

  /**
   * Starts the model thread.
   *
   * @param maxBatch most jobs in a batch
   * @param capacity most jobs that wait
   */
  public Batcher(int maxBatch, int capacity, Listener listener) {
    this.maxBatch = maxBatch;
    this.capacity = capacity;
    this.listener = listener;
    this.thread = Thread.ofPlatform().name("model").daemon().start(this::serve);
  }

  /** The model that answers now, if any. */
  public Optional<ModelIdentity> identity() {
    return Optional.ofNullable(current).map(ServedModel::identity);
  }

  /**
   * Queues jobs, all or none.
   *
   * @throws ServingException if there is no model, the queue has no room, or the batcher is closed
   */
  public void submit(List<Job> jobs) {
    lock.lock();
    try {
      if (closing) {
        throw new ServingException(Kind.CLOSING, "the gateway is closing");
      }
      if (current == null) {
        throw ServingException.noModel();
      }
      waiting.removeIf(Job::isCancelled);
      if (waiting.size() + jobs.size() > capacity) {
        throw new ServingException(
            Kind.QUEUE_FULL,
            "%d requests wait and %d more don't fit into the queue of %d; send fewer at once or retry later"
                .formatted(waiting.size(), jobs.size(), capacity));
      }
      waiting.addAll(jobs);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Hands over a model; the batcher closes it when it is replaced or when the batcher closes.
   *
   * @return completes when requests are answered by this model; fails if it was overtaken by a
   *     newer one or the batcher was closed
   */
  public CompletableFuture<Void> swap(ServedModel model) {
    Swap swap = new Swap(model, new CompletableFuture<>());
    Swap overtaken;
    lock.lock();
    try {
      overtaken = closing ? swap : pending;
      if (!closing) {
        pending = swap;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (overtaken != null) {
      discard(overtaken);
    }
    return swap.adopted;
  }

  /** Fails what waits or runs, closes the model and ends the model thread. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
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

  private void serve() {
    try {
      while (true) {
        switch (awaitTurn()) {
          case Turn.Adopt(Swap swap) -> adopt(swap);
          case Turn.Run(List<Job> jobs) -> run(jobs);
          case Turn.End() -> {
            return;
          }
        }
      }
    } catch (Throwable e) {
      log.error("the model thread ends: no request is answered any more; restart the gateway", e);
      throw e;
    } finally {
      end();
    }
  }

  private Turn awaitTurn() {
    lock.lock();
    try {
      while (true) {
        waiting.removeIf(Job::isCancelled);
        if (closing) {
          return new Turn.End();
        }
        if (pending != null) {
          Swap swap = pending;
          pending = null;
          return new Turn.Adopt(swap);
        }
        if (!waiting.isEmpty()) {
          return new Turn.Run(takeBatch());
        }
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private List<Job> takeBatch() {
    List<Job> batch = new ArrayList<>();
    Profile profile = waiting.getFirst().options().profile();
    for (Iterator<Job> jobs = waiting.iterator(); jobs.hasNext() && batch.size() < maxBatch; ) {
      Job job = jobs.next();
      if (job.options().profile() == profile) {
        batch.add(job);
        jobs.remove();
      }
    }
    return batch;
  }

  private void run(List<Job> jobs) {
    ServedModel model = current;
    if (model == null) {
      throw new IllegalStateException("jobs are only accepted when there is a model");
    }
    try {
      new BatchRun(model, () -> closing).run(jobs);
    } catch (Error e) {
      fail(jobs, new ServingException(Kind.MODEL_FAILED, "the model thread died: " + e, e));
      throw e;
    }
  }

  private void adopt(Swap swap) {
    ServedModel old = current;
    current = swap.model;
    listener.onServing(swap.model.identity());
    swap.adopted.complete(null);
    if (old != null) {
      old.close();
    }
  }

  private void end() {
    List<Job> left;
    Swap overtaken;
    lock.lock();
    try {
      closing = true;
      left = List.copyOf(waiting);
      waiting.clear();
      overtaken = pending;
      pending = null;
    } finally {
      lock.unlock();
    }
    listener.onStopped();
    fail(left, new ServingException(Kind.CLOSING, "the gateway is closing"));
    if (overtaken != null) {
      discard(overtaken);
    }
    ServedModel last = current;
    current = null;
    if (last != null) {
      last.close();
    }
  }

  private static void fail(List<Job> jobs, ServingException failure) {
    for (Job job : jobs) {
      job.fail(failure);
    }
  }

  private static void discard(Swap swap) {
    swap.model.close();
    swap.adopted.completeExceptionally(
        new ServingException(
            Kind.CLOSING,
            swap.model.identity().checkpointDir() + " was overtaken before it answered a request"));
  }
}
