package io.lockstep.gateway.rpc;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Bounds the requests under way of one client call, and wakes its thread when the call fails. */
final class Window {

  private final int size;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int open;
  private boolean ended;
  private @Nullable Throwable failure;

  Window(int size) {
    this.size = size;
  }

  /** Waits for room; false if the call failed meanwhile and nothing is to be sent any more. */
  boolean acquire() throws InterruptedException {
    lock.lock();
    try {
      while (open == size && failure == null) {
        changed.await();
      }
      open++;
      return failure == null;
    } finally {
      lock.unlock();
    }
  }

  /** A request has been answered. */
  void release() {
    update(() -> open--);
  }

  /** The call has failed; the first failure counts. */
  void fail(Throwable cause) {
    update(() -> failure = failure == null ? cause : failure);
  }

  /** The call's stream is complete. */
  void end() {
    update(() -> ended = true);
  }

  /** Waits until the stream is complete or has failed; the failure, if any. */
  @Nullable Throwable awaitEnd() throws InterruptedException {
    lock.lock();
    try {
      while (!ended && failure == null) {
        changed.await();
      }
      return failure;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until everything under way is answered or the call has failed; the failure, if any. */
  @Nullable Throwable awaitAnswers() throws InterruptedException {
    lock.lock();
    try {
      while (open > 0 && failure == null) {
        changed.await();
      }
      return failure;
    } finally {
      lock.unlock();
    }
  }

  private void update(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
