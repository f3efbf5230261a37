package io.lockstep.worker.train;

import io.lockstep.worker.checkpoint.WrittenFile;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A worker's conversation with the coordinator, after both have introduced themselves. */
public interface Session {

  /**
   * What one virtual rank's micro-batch contributed to a step; the loss is a sum over tokens, in
   * nats.
   */
  record Contribution(
      int virtualRank, double lossSum, long tokens, long correctTokens, long replacedSamples) {}

  /** Square sum and CRC32C of one reduced bucket. */
  record BucketFigures(int bucket, double squareSum, int crc32c) {}

  /** Where a step's time went, in seconds, and the process's resident memory. */
  record StepTimes(
      long step, double data, double compute, double communication, long residentBytes) {}

  /** The next directive; waits for it. A session that is lost gives a {@link Directive.Stop}. */
  Directive next() throws InterruptedException;

  /** The next directive if one comes within that time. */
  @Nullable Directive poll(Duration patience) throws InterruptedException;

  /**
   * Calls the handler, on a thread of the session's own, as soon as a stop arrives: it must end
   * what is in flight.
   */
  void onStop(Consumer<Directive.Stop> handler);

  /** Tells what the worker does now; sent with heartbeats and shown when it hangs. */
  void activity(long generation, String what);

  /** The worker is connected and holds the state to start from. */
  void ready(long generation);

  /** The worker has reduced its share of a step. */
  void reduced(
      long generation, long step, List<Contribution> contributions, List<BucketFigures> buckets);

  /** The worker has applied a step. */
  void applied(long generation, long step);

  /** The worker has written its files of a checkpoint. */
  void checkpointPart(long generation, long steps, List<WrittenFile> files);

  /** The worker's last word before it ends. */
  void failed(String message);

  /** Figures for people. */
  void times(StepTimes times);
}
