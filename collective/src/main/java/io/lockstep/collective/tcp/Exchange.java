package io.lockstep.collective.tcp;

import io.lockstep.collective.CollectiveException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Waits for the parts of one exchange; the first failure ends the wait. */
final class Exchange {

  private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
  private final AtomicInteger parts;

  /**
   * @param parts number of peers with which something is exchanged
   */
  Exchange(int parts) {
    this.parts = new AtomicInteger(parts);
    if (parts == 0) {
      done.complete(null);
    }
  }

  void partDone() {
    if (parts.decrementAndGet() == 0) {
      done.complete(null);
    }
  }

  void fail(CollectiveException failure) {
    done.completeExceptionally(failure);
  }

  /** Returns the failure, or null when all parts are done. */
  @Nullable CollectiveException await() throws InterruptedException {
    try {
      done.get();
      return null;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CollectiveException failure) {
        return failure;
      }
      throw new IllegalStateException("an exchange fails with a CollectiveException only", e);
    }
  }
}
