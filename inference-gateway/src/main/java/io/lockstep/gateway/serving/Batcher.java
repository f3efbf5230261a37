package io.lockstep.gateway.serving;

import io.lockstep.gateway.serving.ServingException.Kind;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.generate.Prompt;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
 * profile and kind (answers, objects), whatever their other settings. Models are swapped between
 * batches, so that a request finishes on the model it started with. Every submitted job that isn't
 * cancelled ends with exactly one answer or failure.
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

  /** Times the heap for large pictures that may wait to be read. */
  private static final int LARGE_WAITING = 8;

  private final int maxBatch;
  private final int capacity;
  private final ServingMemory memory;
  private final Listener listener;
  private final ServingWatch watch;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Job> waiting = new ArrayDeque<>();

  /** Those of the waiting jobs that a lane has. */
  private final Set<Job> preparing = new HashSet<>();

  private final Preparer preparer;
  private final Thread thread;
  private @Nullable Swap pending;
  private volatile @Nullable SharedModel current;
  private volatile boolean draining;
  private volatile boolean closing;
  private int running;

  /** Starts the model thread of a batcher that nobody watches. */
  public Batcher(int maxBatch, int capacity, ServingMemory memory, Listener listener) {
    this(maxBatch, capacity, memory, listener, ServingWatch.NONE);
  }

  /**
   * Starts the model thread.
   *
   * @param maxBatch most jobs in a batch
   * @param capacity most jobs that wait
   * @param memory most memory that jobs take
   */
  public Batcher(
      int maxBatch, int capacity, ServingMemory memory, Listener listener, ServingWatch watch) {
    this.watch = watch;
    this.maxBatch = maxBatch;
    this.capacity = capacity;
    this.memory = memory;
    this.listener = listener;
    this.preparer =
        new Preparer(
            memory,
            this::held,
            new Preparer.Listener() {
              @Override
              public void onReady(Job job) {
                ready(job);
              }

              @Override
              public void onDelay() {
                wake();
              }
            });
    this.thread = Thread.ofPlatform().name("model").daemon().start(this::serve);
  }

  /** The model that answers now, if any. */
  public Optional<ModelIdentity> identity() {
    return Optional.ofNullable(current).map(shared -> shared.model().identity());
  }

  /** The model that answers now, held for the caller. */
  private Optional<SharedModel> held() {
    SharedModel shared = current;
    while (shared != null && !shared.hold()) {
      shared = current;
    }
    return Optional.ofNullable(shared);
  }

  /**
   * Queues jobs, all or none.
   *
   * @throws ServingException if there is no model, the queue has no room, or the batcher is closed
   */
  public void submit(List<Job> jobs) {
    try {
      take(jobs);
    } catch (ServingException refused) {
      watch.onRefused(refused.kind(), jobs.size());
      throw refused;
    }
  }

  private void take(List<Job> jobs) {
    lock.lock();
    try {
      if (closing || draining) {
        throw ServingException.closing();
      }
      if (current == null) {
        throw ServingException.noModel();
      }
      dropEnded();
      if (waiting.size() + jobs.size() > capacity) {
        throw new ServingException(
            Kind.QUEUE_FULL,
            "%d requests wait and %d more don't fit into the queue of %d; send fewer at once or retry later"
                .formatted(waiting.size(), jobs.size(), capacity));
      }
      requireRoomForLarge(jobs);
      waiting.addAll(jobs);
      jobs.forEach(job -> job.taken(watch));
      jobs.forEach(this::startPreparing);
      countWaiting();
    } finally {
      lock.unlock();
    }
  }

  /** A request alone is always taken: it may be as large as limits allow. */
  private void requireRoomForLarge(List<Job> jobs) {
    long before = largeBytes(waiting);
    long more = largeBytes(jobs);
    long most = LARGE_WAITING * memory.largeBytes();
    if (before > 0 && more > 0 && before + more > most) {
      throw new ServingException(
          Kind.EXHAUSTED,
          "large pictures and texts of %s wait to be read and %s more don't fit beside them, %s may wait; retry later"
              .formatted(Preparer.mib(before), Preparer.mib(more), Preparer.mib(most)));
    }
  }

  private static long largeBytes(Collection<Job> jobs) {
    return jobs.stream().filter(job -> !job.isSmall()).mapToLong(Job::weight).sum();
  }

  private void startPreparing(Job job) {
    preparing.add(job);
    preparer.add(job);
  }

  /** A lane is done with a job: another model may have come meanwhile. */
  private void ready(Job job) {
    lock.lock();
    try {
      SharedModel shared = current;
      boolean again = job.isOpen() && shared != null && !closing && job.prompt(shared).isEmpty();
      if (again) {
        job.unprepare();
        preparer.add(job);
      } else {
        preparing.remove(job);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more jobs and waits until those it has are answered, or for so long. */
  public boolean drain(Duration limit) {
    listener.onStopped();
    lock.lock();
    try {
      draining = true;
      changed.signalAll();
      long left = limit.toNanos();
      while (left > 0 && !isIdle()) {
        left = changed.awaitNanos(left);
      }
      return isIdle();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private boolean isIdle() {
    dropEnded();
    return waiting.isEmpty() && running == 0;
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
    Lane.awaitEnd(thread);
    preparer.close();
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
      running = 0;
      watch.onProgress();
      changed.signalAll();
      while (true) {
        dropEnded();
        if (closing) {
          return new Turn.End();
        }
        if (pending != null) {
          Swap swap = pending;
          pending = null;
          return new Turn.Adopt(swap);
        }
        SharedModel shared = current;
        List<Job> batch = shared == null ? List.of() : takeBatch(shared);
        if (!batch.isEmpty()) {
          running = batch.size();
          batch.forEach(Job::begun);
          countWaiting();
          return new Turn.Run(batch);
        }
        countWaiting();
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void countWaiting() {
    watch.onQueue(waiting.size(), running);
  }

  /** Those that nobody waits for, and those that could not be made ready. */
  private void dropEnded() {
    waiting.removeIf(job -> !job.isOpen());
  }

  /**
   * The oldest ready job and those after it that go with it. Small ones before them are waited for:
   * soon they are ready, and then they go first.
   */
  private List<Job> takeBatch(SharedModel shared) {
    List<Job> batch = new ArrayList<>();
    List<Prompt> prompts = new ArrayList<>();
    for (Job job : waiting) {
      Optional<Prompt> prompt = job.prompt(shared);
      if (prompt.isEmpty()) {
        if (job.isSmall() && preparer.isPrompt()) {
          return List.of();
        }
        continue;
      }
      Profile profile = batch.isEmpty() ? profile(job) : profile(batch.getFirst());
      boolean alike = batch.isEmpty() || batch.getFirst().detects() == job.detects();
      if (profile(job) == profile && alike) {
        prompts.add(prompt.get());
        if (batch.size() > 0 && shared.model().passBytes(profile, prompts) > memory.passBytes()) {
          break;
        }
        batch.add(job);
      }
      if (batch.size() == maxBatch) {
        break;
      }
    }
    waiting.removeAll(batch);
    return batch;
  }

  private static Profile profile(Job job) {
    return job.options().profile();
  }

  private void run(List<Job> jobs) {
    SharedModel shared = current;
    if (shared == null) {
      throw new IllegalStateException("jobs are only accepted when there is a model");
    }
    try {
      new BatchRun(shared, () -> closing, watch::onProgress).run(jobs);
    } catch (Error e) {
      fail(jobs, new ServingException(Kind.MODEL_FAILED, "the model thread died: " + e, e));
      throw e;
    } finally {
      jobs.forEach(Job::unprepare);
    }
  }

  private void adopt(Swap swap) {
    SharedModel old = current;
    SharedModel young = new SharedModel(swap.model);
    lock.lock();
    try {
      current = young;
      for (Job job : waiting) {
        if (!preparing.contains(job)) {
          job.unprepare();
          startPreparing(job);
        }
      }
    } finally {
      lock.unlock();
    }
    if (!draining) {
      listener.onServing(swap.model.identity());
    }
    swap.adopted.complete(null);
    if (old != null) {
      old.retire();
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
      running = 0;
      countWaiting();
      overtaken = pending;
      pending = null;
    } finally {
      lock.unlock();
    }
    listener.onStopped();
    fail(left, ServingException.closing());
    left.forEach(Job::unprepare);
    if (overtaken != null) {
      discard(overtaken);
    }
    SharedModel last = current;
    current = null;
    if (last != null) {
      last.retire();
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
