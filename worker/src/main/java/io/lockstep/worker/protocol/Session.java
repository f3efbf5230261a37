package io.lockstep.worker.protocol;

import io.lockstep.data.plan.Shard;
import io.lockstep.worker.checkpoint.WrittenFile;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A worker's conversation with the coordinator, after both have introduced themselves. If the
 * coordinator is lost it is looked for again; what was said meanwhile is void, and the next
 * directive is a new membership.
 */
public interface Session {

  /**
   * What one virtual rank's micro-batch contributed to a step; the loss is a sum over tokens, in
   * nats.
   *
   * @param replaced numbers of the samples that were too long and gave way to others
   * @param unreadable records that couldn't be read and gave way to others
   * @param datasets the same figures of each dataset, ascending; empty in a run with one
   * @param terms of the objective in their order; empty if the loss is its only one
   * @param counts of its samples and tokens
   * @param notFinite names of its samples if loss, a term or the gradient is not finite; else empty
   */
  record Contribution(
      int virtualRank,
      double lossSum,
      long tokens,
      long correctTokens,
      List<Long> replaced,
      List<Unreadable> unreadable,
      List<DatasetSums> datasets,
      List<TermSum> terms,
      Counts counts,
      List<String> notFinite) {
    public Contribution {
      replaced = List.copyOf(replaced);
      unreadable = List.copyOf(unreadable);
      datasets = List.copyOf(datasets);
      terms = List.copyOf(terms);
      notFinite = List.copyOf(notFinite);
    }
  }

  /**
   * A record that couldn't be read.
   *
   * @param sample its number among the run's records
   * @param what is wrong, with file and line
   */
  record Unreadable(long sample, String what) {}

  /** A term of the objective before it is weighted, and what it is divided by. */
  record TermSum(String name, double sum, long normaliser) {}

  /**
   * How many supervised tokens of a kind there were.
   *
   * @param kind the number of a {@link io.lockstep.data.conversation.TokenKind}
   */
  record KindSums(int kind, long tokens, long correctTokens) {

    /** Both together. */
    public KindSums plus(KindSums other) {
      return new KindSums(kind, tokens + other.tokens, correctTokens + other.correctTokens);
    }
  }

  /**
   * What the tokens of one dataset contributed; the loss is a sum, in nats.
   *
   * @param kinds counts of the tokens whose kind is known, ascending by kind
   */
  record DatasetSums(
      int dataset, double lossSum, long tokens, long correctTokens, List<KindSums> kinds) {

    public DatasetSums {
      kinds = List.copyOf(kinds);
    }

    /** Sums without a token of a known kind. */
    public DatasetSums(int dataset, double lossSum, long tokens, long correctTokens) {
      this(dataset, lossSum, tokens, correctTokens, List.of());
    }

    /** Both together. */
    public DatasetSums plus(DatasetSums other) {
      SortedMap<Integer, KindSums> both = new TreeMap<>();
      kinds.forEach(each -> both.put(each.kind(), each));
      other.kinds.forEach(each -> both.merge(each.kind(), each, KindSums::plus));
      return new DatasetSums(
          dataset,
          lossSum + other.lossSum,
          tokens + other.tokens,
          correctTokens + other.correctTokens,
          List.copyOf(both.values()));
    }
  }

  /**
   * What was found on one held-out record; the loss is a sum over its supervised tokens, in nats.
   *
   * @param tokens 0 if the record can't be used
   */
  record RecordResult(double lossSum, long tokens, long correctTokens) {

    /** Of a record that can't be used. */
    public static final RecordResult NONE = new RecordResult(0, 0, 0);
  }

  /** Square sum and CRC32C of one reduced bucket. */
  record BucketFigures(int bucket, double squareSum, int crc32c) {}

  /**
   * Where a step's time went, in seconds, and the process's resident memory.
   *
   * @param began when it was begun, in nanoseconds of {@link System#nanoTime}
   * @param portions what it consisted of up to the reduction, in order
   */
  record StepTimes(
      long step,
      double data,
      double compute,
      double communication,
      long residentBytes,
      long began,
      List<Portion> portions) {

    public StepTimes {
      portions = List.copyOf(portions);
    }

    /** Of a step of which no more than the sums is known. */
    public StepTimes(
        long step, double data, double compute, double communication, long residentBytes) {
      this(step, data, compute, communication, residentBytes, 0, List.of());
    }
  }

  /**
   * A portion of a step: one virtual rank's micro-batch was waited for, or computed.
   *
   * @param begin in nanoseconds of {@link System#nanoTime}, as is {@code end}
   */
  record Portion(boolean computed, int virtualRank, long begin, long end) {}

  /**
   * A shard of the run's state that this worker holds.
   *
   * @param steps steps it has seen
   * @param reducedNext whether the reduced gradient of the step after those is at hand
   */
  record Holding(Shard shard, long steps, boolean reducedNext) {}

  /** The next directive; waits for it. A session that is lost gives a {@link Directive.Stop}. */
  Directive next() throws InterruptedException;

  /**
   * Calls the handler, on a thread of the session's own, as soon as a membership or a stop arrives,
   * before the directive can be taken: it must end what is in flight of older generations. The
   * newest of those that came before is told at once.
   */
  void onInterruption(Consumer<Directive> handler);

  /**
   * Asks, on a thread of the session's own, what this worker holds whenever it introduces itself.
   */
  void describeHoldings(Supplier<List<Holding>> holdings);

  /** Tells what the worker does now; sent with heartbeats and shown when it hangs. */
  void activity(long generation, String what);

  /** The worker has loaded the model: it can be a member of the next generation. */
  void loaded();

  /** The worker is connected and holds the state to start from. */
  void ready(long generation);

  /** The worker has reduced its share of a step. */
  void reduced(
      long generation, long step, List<Contribution> contributions, List<BucketFigures> buckets);

  /** The worker has applied a step. */
  void applied(long generation, long step);

  /** The worker has evaluated its share: records from {@code firstRecord} on. */
  void evaluated(long generation, long steps, int firstRecord, List<RecordResult> results);

  /** The worker has written its files of a checkpoint. */
  void checkpointPart(long generation, long steps, List<WrittenFile> files);

  /**
   * The connections of a generation are gone; the worker awaits the next membership.
   *
   * @param peer the rank on the other side, -1 if no single one is to blame
   */
  void broken(long generation, int peer, String what);

  /** Nothing comes from a peer; for people. */
  void stalled(long generation, int peer, String what);

  /** The worker wants to leave; it goes on until a membership without it was formed. */
  void leaving(String reason);

  /** The worker's last word before it ends. */
  void failed(String message);

  /** Figures for people. */
  void times(StepTimes times);
}
