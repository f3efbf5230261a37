package io.lockstep.collective.tcp;

import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.PieceStreams;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Waits for the parts of one exchange; the first failure ends the wait. */
final class Exchange {

  private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
  private final AtomicInteger parts;
  private final PieceWindow window;

  /**
   * @param parts number of peers with which something is exchanged
   * @param window where pieces of streams pass
   */
  Exchange(int parts, PieceWindow window) {
    this.parts = new AtomicInteger(parts);
    this.window = window;
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
    window.end();
  }

  /** Hands pieces to the sink until all is done; returns the failure, or null. */
  @Nullable CollectiveException await(PieceStreams.Sink sink) throws InterruptedException {
    window.drainTo(sink);
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
