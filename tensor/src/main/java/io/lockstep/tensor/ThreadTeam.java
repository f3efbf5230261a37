package io.lockstep.tensor;

import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * As many threads as one operator may use, which share short pieces of work: the caller is one of
 * them. Between pieces the others look for the next one for a few microseconds before they sleep,
 * so that the many products of a token follow each other without waking anybody.
 *
 * <p>Used by one thread at a time.
 */
final class ThreadTeam implements AutoCloseable {

  /** Looks before sleeping: about 50 microseconds. */
  private static final int LOOKS = 1 << 10;

  private final Member[] others;

  /** A team of so many threads, the caller included. */
  ThreadTeam(int size) {
    others = new Member[size - 1];
    for (int i = 0; i < others.length; i++) {
      others[i] = new Member(i + 1);
    }
  }

  /** How many share the work. */
  int size() {
    return others.length + 1;
  }

  /**
   * Gives each member its number, from 0, and returns when all are done.
   *
   * @throws RuntimeException what a member threw
   */
  void run(IntConsumer work) {
    for (Member other : others) {
      other.begin(work);
    }
    Throwable failed = null;
    try {
      work.accept(0);
    } catch (RuntimeException | Error e) {
      failed = e;
    }
    for (Member other : others) {
      Throwable thrown = other.await();
      failed = failed == null ? thrown : failed;
    }
    switch (failed) {
      case null -> {}
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> throw error;
      default -> throw new IllegalStateException(failed);
    }
  }

  @Override
  public void close() {
    for (Member other : others) {
      other.end();
    }
  }

  private static final class Member {
    private final int number;
    private final Thread thread;

    /** What is to be done; null once it is. */
    private volatile @Nullable IntConsumer work;

    private volatile boolean ended;
    private volatile @Nullable Throwable failure;

    Member(int number) {
      this.number = number;
      thread = Thread.ofPlatform().daemon().name("team-" + number).start(this::serve);
    }

    void begin(IntConsumer next) {
      work = next;
      LockSupport.unpark(thread);
    }

    @Nullable Throwable await() {
      while (work != null) {
        Thread.onSpinWait();
      }
      Throwable thrown = failure;
      failure = null;
      return thrown;
    }

    void end() {
      ended = true;
      LockSupport.unpark(thread);
    }

    private void serve() {
      int looks = 0;
      while (!ended) {
        IntConsumer next = work;
        if (next == null) {
          if (++looks < LOOKS) {
            Thread.onSpinWait();
          } else {
            LockSupport.park(this);
            looks = 0;
          }
          continue;
        }
        try {
          next.accept(number);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        work = null;
        looks = 0;
      }
    }
  }
}
