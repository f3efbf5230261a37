package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.DatasetSums;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.StepCounts;
import io.lockstep.coordinator.TermSum;
import io.lockstep.coordinator.UnreadableRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Something that happened to a run; the machine answers it with {@link Action}s. */
public sealed interface Event {

  /**
   * A worker's stream opened and introduced itself. Sessions are never reused.
   *
   * @param incarnation drawn once by each process, empty if it has none
   * @param holdings shards of the run's state that it holds
   * @param loading whether it has yet to load the model; no epoch waits for it before
   * @param node the machine that it runs on, empty if it didn't say
   * @param numerics what decides the bits of its results
   * @param nccl whether it can use NCCL
   */
  record Joined(
      long session,
      String name,
      String address,
      String capability,
      String incarnation,
      List<Holding> holdings,
      boolean loading,
      String node,
      Numerics numerics,
      NcclAbility nccl)
      implements Event {
    public Joined {
      holdings = List.copyOf(holdings);
    }

    /** A worker that doesn't say whether it has NCCL. */
    public Joined(
        long session,
        String name,
        String address,
        String capability,
        String incarnation,
        List<Holding> holdings,
        boolean loading,
        String node,
        Numerics numerics) {
      this(
          session,
          name,
          address,
          capability,
          incarnation,
          holdings,
          loading,
          node,
          numerics,
          NcclAbility.UNTOLD);
    }

    /** A worker whose node and numerics are unknown. */
    public Joined(
        long session,
        String name,
        String address,
        String capability,
        String incarnation,
        List<Holding> holdings,
        boolean loading) {
      this(
          session, name, address, capability, incarnation, holdings, loading, "", Numerics.UNKNOWN);
    }
  }

  /** A message of a worker that has joined, or the end of its stream. */
  sealed interface FromWorker extends Event {
    /** The stream that it came on. */
    long session();
  }

  /** The worker is connected to all peers of a generation and has loaded its state. */
  record Ready(long session, long generation) implements FromWorker {}

  /** The worker has reduced its share of a step. */
  record Reduced(
      long session,
      long generation,
      long step,
      List<VirtualRankResult> virtualRanks,
      List<BucketResult> buckets)
      implements FromWorker {
    public Reduced {
      virtualRanks = List.copyOf(virtualRanks);
      buckets = List.copyOf(buckets);
    }
  }

  /** The worker has applied a committed step. */
  record Applied(long session, long generation, long step) implements FromWorker {}

  /** The worker has written and synced its files of a checkpoint. */
  record PartWritten(long session, long generation, long steps, List<CheckpointFile> files)
      implements FromWorker {
    public PartWritten {
      files = List.copyOf(files);
    }
  }

  /**
   * The worker has evaluated its share of the held-out records.
   *
   * @param steps committed steps of the evaluated weights
   * @param firstRecord the first of its records; the others follow
   */
  record Evaluated(
      long session, long generation, long steps, int firstRecord, List<RecordResult> results)
      implements FromWorker {
    public Evaluated {
      results = List.copyOf(results);
    }
  }

  /**
   * What was found on one held-out record.
   *
   * @param lossSum over its supervised tokens, in nats
   * @param tokens 0 if the record can't be used
   */
  record RecordResult(double lossSum, long tokens, long correctTokens) {

    boolean isSound() {
      return tokens >= 0 && correctTokens >= 0 && correctTokens <= tokens;
    }
  }

  /**
   * The worker is alive and says what it does.
   *
   * @param standing its state, repeated in each heartbeat; empty if it sends changes only
   */
  record Heartbeat(long session, long generation, String activity, Optional<Standing> standing)
      implements FromWorker {

    /** Of a worker that sends changes of its state only. */
    public Heartbeat(long session, long generation, String activity) {
      this(session, generation, activity, Optional.empty());
    }
  }

  /**
   * A worker's state, in case a message that told a change was lost.
   *
   * @param loading whether it has yet to load the model
   * @param leaving why it has to end; empty if it doesn't
   * @param ready the newest generation that it is ready for, 0 if none
   * @param awaited ranks of the generation that it connects to and has no connection with yet
   * @param broken how its connections broke, if they did
   */
  record Standing(
      boolean loading, String leaving, long ready, List<Integer> awaited, Optional<Broken> broken) {
    public Standing {
      awaited = List.copyOf(awaited);
    }
  }

  /** Times and memory of a worker in one step, for people; in seconds and bytes. */
  record Telemetry(
      long session,
      long step,
      double dataSeconds,
      double computeSeconds,
      double communicationSeconds,
      long residentBytes)
      implements FromWorker {}

  /**
   * The worker's connections to its peers are gone; it keeps its state.
   *
   * @param peer rank at the other end, -1 if no single connection broke
   */
  record Broken(long session, long generation, int peer, String what) implements FromWorker {}

  /** The worker wants to leave. */
  record Leaving(long session, String reason) implements FromWorker {}

  /** Nothing has come from a peer for a while; for people. */
  record Stalled(long session, long generation, int peer, String what) implements FromWorker {}

  /** The worker can't go on. */
  record Failed(long session, String message) implements FromWorker {}

  /** The worker sent a message that is invalid in any state of the run. */
  record Violated(long session, String what) implements FromWorker {}

  /** The worker's stream ended. */
  record Lost(long session, String how) implements FromWorker {}

  /** Time has passed. */
  record Tick() implements Event {}

  /**
   * Somebody asks that the run ends with a checkpoint after the leased steps.
   *
   * @param by who, one line
   */
  record DrainRequested(String by) implements Event {}

  /** The coordinator itself can't go on: its journal or disk fails, or its process ends. */
  record Aborted(String reason) implements Event {}

  /** Answer to {@link Action.PrepareCheckpoint}: the folder exists and there is room. */
  record CheckpointPrepared(CheckpointAttempt attempt, Path dir) implements Event {}

  /** Answer to {@link Action.FinalizeCheckpoint}: the checkpoint has its final name. */
  record CheckpointCommitted(CheckpointAttempt attempt, CommittedCheckpoint checkpoint)
      implements Event {}

  /**
   * The checkpoint could not be prepared or finalized.
   *
   * @param misreported files that differ from what their writers reported, if that is why
   */
  record CheckpointFailed(CheckpointAttempt attempt, String problem, List<String> misreported)
      implements Event {
    public CheckpointFailed {
      misreported = List.copyOf(misreported);
    }

    /** It failed for a reason other than a worker's report. */
    public CheckpointFailed(CheckpointAttempt attempt, String problem) {
      this(attempt, problem, List.of());
    }
  }

  /**
   * Answer to {@link Action.ChooseCheckpoint}.
   *
   * @param chosen the newest one that can be loaded
   * @param problems what is wrong with those that can't, one line each
   */
  record CheckpointChosen(Optional<CommittedCheckpoint> chosen, List<String> problems)
      implements Event {
    public CheckpointChosen {
      problems = List.copyOf(problems);
    }
  }

  /**
   * What one virtual rank's micro-batch contributed.
   *
   * @param lossSum over supervised tokens, in nats
   * @param replaced over-length samples that were replaced by others
   * @param unreadable records that couldn't be read and were replaced by others
   * @param datasets figures of each dataset, ascending; empty in a run with one dataset
   * @param terms of the objective in their order; empty if the loss is all
   * @param counts of its samples and tokens
   * @param notFinite names of its samples if loss, term or gradient is not finite; else empty
   */
  record VirtualRankResult(
      int virtualRank,
      double lossSum,
      long tokens,
      long correctTokens,
      List<Long> replaced,
      List<UnreadableRecord> unreadable,
      List<DatasetSums> datasets,
      List<TermSum> terms,
      StepCounts counts,
      List<String> notFinite) {
    public VirtualRankResult {
      replaced = List.copyOf(replaced);
      unreadable = List.copyOf(unreadable);
      datasets = List.copyOf(datasets);
      terms = List.copyOf(terms);
      notFinite = List.copyOf(notFinite);
    }

    /** A micro-batch that names no samples. */
    public VirtualRankResult(
        int virtualRank,
        double lossSum,
        long tokens,
        long correctTokens,
        List<Long> replaced,
        List<UnreadableRecord> unreadable,
        List<DatasetSums> datasets,
        List<TermSum> terms,
        StepCounts counts) {
      this(
          virtualRank,
          lossSum,
          tokens,
          correctTokens,
          replaced,
          unreadable,
          datasets,
          terms,
          counts,
          List.of());
    }

    /** A micro-batch without unreadable records. */
    public VirtualRankResult(
        int virtualRank,
        double lossSum,
        long tokens,
        long correctTokens,
        List<Long> replaced,
        List<DatasetSums> datasets) {
      this(
          virtualRank,
          lossSum,
          tokens,
          correctTokens,
          replaced,
          List.of(),
          datasets,
          List.of(),
          StepCounts.NONE);
    }

    /** A micro-batch of one dataset in which no sample was replaced. */
    public VirtualRankResult(int virtualRank, double lossSum, long tokens, long correctTokens) {
      this(virtualRank, lossSum, tokens, correctTokens, List.of(), List.of());
    }
  }

  /**
   * One reduced bucket.
   *
   * @param squareSum sum of squares of the reduced gradient, before division by tokens
   * @param crc32c of the reduced gradient's bytes
   */
  record BucketResult(int bucket, double squareSum, int crc32c) {}

  /**
   * One file of a checkpoint.
   *
   * @param path relative to the checkpoint's folder, '/' as separator
   * @param sha256 lower-case hexadecimal
   */
  record CheckpointFile(String path, long bytes, String sha256) {

    /** The file of a checkpoint whose alignment certificate could not be written, and why. */
    public static final String UNCERTIFIED = "uncertified.json";
  }
}
