package io.lockstep.collective.nccl.standin;

import io.lockstep.collective.nccl.standin.StandInNccl.Communicator;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One operation that a group posts. */
abstract sealed class Operation {
  private final Communicator communicator;
  private final long stream;
  private final CompletableFuture<@Nullable Void> done = new CompletableFuture<>();

  private Operation(Communicator communicator, long stream) {
    this.communicator = communicator;
    this.stream = stream;
  }

  Communicator communicator() {
    return communicator;
  }

  long stream() {
    return stream;
  }

  /** It is done, or its communicator was aborted. */
  void end() {
    done.complete(null);
  }

  void await() {
    done.join();
  }

  /** Sends or receives. */
  static final class Point extends Operation {
    final long address;
    final long bytes;
    final int from;
    final int to;

    Point(Communicator communicator, long stream, long address, long bytes, int from, int to) {
      super(communicator, stream);
      this.address = address;
      this.bytes = bytes;
      this.from = from;
      this.to = to;
    }

    boolean sends() {
      return communicator().rank == from;
    }
  }

  /** All ranks call it. */
  static final class OfAll extends Operation {
    final String call;
    final long from;
    final long into;
    final long units;
    final int root;

    OfAll(
        Communicator communicator,
        long stream,
        String call,
        long from,
        long into,
        long units,
        int root) {
      super(communicator, stream);
      this.call = call;
      this.from = from;
      this.into = into;
      this.units = units;
      this.root = root;
    }

    boolean isLike(OfAll other) {
      return call.equals(other.call) && units == other.units && root == other.root;
    }
  }
}
