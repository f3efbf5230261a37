package io.lockstep.gateway.serving;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Bytes that may be in use at once; taken before they are spent. */
public final class ByteBudget {

  private final long capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long used;

  public ByteBudget(long capacity) {
    this.capacity = capacity;
  }

  /** All bytes there are. */
  public long capacity() {
    return capacity;
  }

  /** Bytes in use. */
  public long used() {
    lock.lock();
    try {
      return used;
    } finally {
      lock.unlock();
    }
  }

  /** Takes bytes if they are there. */
  public boolean tryTake(long bytes) {
    return tryTake(bytes, 0);
  }

  /** Takes bytes if they are there and so many others are left. */
  public boolean tryTake(long bytes, long left) {
    lock.lock();
    try {
      if (bytes > capacity - used - left) {
        return false;
      }
      used += bytes;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for bytes and takes them; more than there are at all are never waited for. */
  void take(long bytes) throws InterruptedException {
    if (bytes > capacity) {
      throw new IllegalArgumentException(bytes + " bytes of a budget of " + capacity);
    }
    lock.lock();
    try {
      while (bytes > capacity - used) {
        changed.await();
      }
      used += bytes;
    } finally {
      lock.unlock();
    }
  }

  /** Gives bytes back. */
  public void give(long bytes) {
    lock.lock();
    try {
      used -= bytes;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
