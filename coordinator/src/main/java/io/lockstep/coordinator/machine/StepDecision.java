package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.DatasetSums;
import io.lockstep.coordinator.StepCounts;
import io.lockstep.coordinator.TermSum;
import io.lockstep.coordinator.UnreadableRecord;
import io.lockstep.coordinator.machine.Event.BucketResult;
import io.lockstep.coordinator.machine.Event.VirtualRankResult;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Whether a reduced step is committed, and with which global figures. Sums run over virtual ranks
 * and buckets in their order, never over workers, so that the figures don't depend on the number of
 * workers.
 */
final class StepDecision {

  private StepDecision() {}

  /** What one member reported for the step. */
  record Report(String worker, List<VirtualRankResult> virtualRanks, List<BucketResult> buckets) {}

  /** The decision. */
  sealed interface Verdict {
    /** All reports fit together and every figure is sound. */
    record Committed(CommittedStep step) implements Verdict {}

    /**
     * All reports fit together, and a figure is not finite.
     *
     * @param step no update belongs to it
     * @param reason what is not finite, one line
     * @param samples names of those whose virtual ranks were not finite, in order
     */
    record NotFinite(CommittedStep step, String reason, List<String> samples) implements Verdict {}

    /** The run can't go on; {@code reason} is one line. */
    record Rejected(String reason) implements Verdict {}
  }

  /**
   * Decides a step that every member has reduced.
   *
   * @param virtualRanks number of virtual ranks of a step
   * @param knownBuckets number of buckets of the steps before, 0 if there is none
   * @param reports one per member
   */
  static Verdict decide(
      long generation, long step, int virtualRanks, int knownBuckets, List<Report> reports) {
    try {
      VirtualRankResult[] byRank = gatherVirtualRanks(step, virtualRanks, reports);
      BucketResult[] byBucket = gatherBuckets(step, knownBuckets, reports);
      CommittedStep sums = sum(generation, step, byRank, byBucket);
      Optional<String> problem =
          ofVirtualRanks(step, byRank, reports)
              .or(() -> ofBuckets(step, byBucket, reports))
              .or(() -> ofSums(sums));
      return problem
          .<Verdict>map(reason ->
              new Verdict.NotFinite(
                  sums.asSkipped(sums.lossSum(), sums.gradNorm(), 0),
                  reason,
                  Arrays.stream(byRank).flatMap(each -> each.notFinite().stream()).toList()))
          .orElseGet(() -> new Verdict.Committed(sums));
    } catch (Unsound unsound) {
      return new Verdict.Rejected(unsound.reason);
    }
  }

  private static VirtualRankResult[] gatherVirtualRanks(
      long step, int virtualRanks, List<Report> reports) {
    @Nullable VirtualRankResult[] results = new @Nullable VirtualRankResult[virtualRanks];
    @Nullable String[] owners = new @Nullable String[virtualRanks];
    for (Report report : reports) {
      for (VirtualRankResult result : report.virtualRanks()) {
        int rank = result.virtualRank();
        claim("virtual rank", owners, rank, step, report.worker());
        checkCounts(step, report.worker(), result);
        results[rank] = result;
      }
    }
    return complete("virtual rank", results, new VirtualRankResult[virtualRanks], step);
  }

  private static BucketResult[] gatherBuckets(long step, int knownBuckets, List<Report> reports) {
    int count = reports.stream().mapToInt(report -> report.buckets().size()).sum();
    if (count == 0) {
      throw new Unsound("step " + step + ": no worker reported a gradient bucket");
    }
    if (knownBuckets != 0 && count != knownBuckets) {
      throw new Unsound(
          "step %d has %d gradient buckets, the steps before had %d: the workers disagree about the model"
              .formatted(step, count, knownBuckets));
    }
    @Nullable BucketResult[] results = new @Nullable BucketResult[count];
    @Nullable String[] owners = new @Nullable String[count];
    for (Report report : reports) {
      for (BucketResult result : report.buckets()) {
        claim("bucket", owners, result.bucket(), step, report.worker());
        if (result.squareSum() < 0) {
          throw new Unsound(
              "step %d: the gradient's square sum in bucket %d is %s (reported by %s): use the same version of the program on all workers"
                  .formatted(step, result.bucket(), result.squareSum(), report.worker()));
        }
        results[result.bucket()] = result;
      }
    }
    return complete("bucket", results, new BucketResult[count], step);
  }

  private static void claim(
      String what, @Nullable String[] owners, int index, long step, String worker) {
    if (index < 0 || index >= owners.length) {
      throw new Unsound(
          "step %d: %s reported %s %d, expected 0 to %d"
              .formatted(step, worker, what, index, owners.length - 1));
    }
    if (owners[index] != null) {
      throw new Unsound(
          "step %d: %s %d was reported by %s and by %s"
              .formatted(step, what, index, owners[index], worker));
    }
    owners[index] = worker;
  }

  private static <T> T[] complete(String what, @Nullable T[] found, T[] target, long step) {
    for (int i = 0; i < found.length; i++) {
      T result = found[i];
      if (result == null) {
        throw new Unsound("step %d: no worker reported %s %d".formatted(step, what, i));
      }
      target[i] = result;
    }
    return target;
  }

  private static void checkCounts(long step, String worker, VirtualRankResult result) {
    TermSum.problem(result.terms())
        .ifPresent(problem -> {
          throw new Unsound(
              "step %d: virtual rank %d %s (reported by %s): use the same version of the program on all workers"
                  .formatted(step, result.virtualRank(), problem, worker));
        });
    boolean sound =
        result.tokens() >= 0
            && result.correctTokens() >= 0
            && result.correctTokens() <= result.tokens()
            && areSound(result);
    if (!sound) {
      throw new Unsound(
          "step %d: %s reported impossible counts: %s".formatted(step, worker, result));
    }
  }

  /** Whether the figures of datasets, where there are any, add up to the whole. */
  private static boolean areSound(VirtualRankResult result) {
    long sum = 0;
    boolean finite = Double.isFinite(result.lossSum());
    for (DatasetSums dataset : result.datasets()) {
      if ((finite && !Double.isFinite(dataset.lossSum())) || !dataset.hasSoundCounts()) {
        return false;
      }
      sum += dataset.tokens();
    }
    return result.datasets().isEmpty() || sum == result.tokens();
  }

  // ---- what is not finite

  private static Optional<String> ofVirtualRanks(
      long step, VirtualRankResult[] byRank, List<Report> reports) {
    for (VirtualRankResult result : byRank) {
      Optional<String> problem =
          Double.isFinite(result.lossSum())
              ? TermSum.notFinite(result.terms())
                  .map(term -> "virtual rank %d %s".formatted(result.virtualRank(), term))
              : Optional.of(
                  "the loss of virtual rank %d is %s"
                      .formatted(result.virtualRank(), result.lossSum()));
      if (problem.isPresent()) {
        return problem.map(
            what -> told(step, what, reports, report -> report.virtualRanks().contains(result)));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> ofBuckets(
      long step, BucketResult[] byBucket, List<Report> reports) {
    return Arrays.stream(byBucket)
        .filter(result -> !Double.isFinite(result.squareSum()))
        .findFirst()
        .map(result ->
            told(
                step,
                "the gradient's square sum in bucket %d is %s"
                    .formatted(result.bucket(), result.squareSum()),
                reports,
                report -> report.buckets().contains(result)));
  }

  private static String told(
      long step, String what, List<Report> reports, Predicate<Report> reported) {
    String worker = reports.stream().filter(reported).findFirst().map(Report::worker).orElse("?");
    return "step %d: %s (reported by %s): lower the learning rate or look for bad samples in this step"
        .formatted(step, what, worker);
  }

  private static Optional<String> ofSums(CommittedStep sums) {
    return Double.isFinite(sums.lossSum()) && Double.isFinite(sums.gradNorm())
        ? Optional.empty()
        : Optional.of(
            "step %d: loss sum %s and gradient norm %s over all virtual ranks: lower the learning rate"
                .formatted(sums.step(), sums.lossSum(), sums.gradNorm()));
  }

  private static CommittedStep sum(
      long generation, long step, VirtualRankResult[] byRank, BucketResult[] byBucket) {
    double lossSum = 0;
    long tokens = 0;
    long correct = 0;
    List<Long> replaced = new ArrayList<>();
    List<UnreadableRecord> unreadable = new ArrayList<>();
    SortedMap<Integer, DatasetSums> datasets = new TreeMap<>();
    SequencedMap<String, TermSum> terms = new LinkedHashMap<>();
    StepCounts counts = StepCounts.NONE;
    for (VirtualRankResult result : byRank) {
      lossSum += result.lossSum();
      tokens += result.tokens();
      correct += result.correctTokens();
      replaced.addAll(result.replaced());
      unreadable.addAll(result.unreadable());
      for (DatasetSums dataset : result.datasets()) {
        datasets.merge(dataset.dataset(), dataset, DatasetSums::plus);
      }
      counts = counts.plus(result.counts());
      result.terms().forEach(term -> terms.merge(term.name(), term, TermSum::plus));
    }
    if (tokens == 0) {
      throw new Unsound(
          "no supervised token in step %d: check that its samples have answers and that the length limit doesn't cut them off"
              .formatted(step));
    }
    double squareSum = 0;
    ByteBuffer crcs =
        ByteBuffer.allocate(byBucket.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (BucketResult result : byBucket) {
      squareSum += result.squareSum();
      crcs.putInt(result.crc32c());
    }
    double norm = Math.sqrt(squareSum) / tokens;
    CRC32C digest = new CRC32C();
    digest.update(crcs.flip());
    return new CommittedStep(
        generation,
        step,
        tokens,
        lossSum,
        correct,
        replaced,
        unreadable,
        norm,
        byBucket.length,
        (int) digest.getValue(),
        List.copyOf(datasets.values()),
        List.copyOf(terms.values()),
        counts,
        false,
        0);
  }

  /** A reported figure that ends the run. */
  private static final class Unsound extends RuntimeException {
    private final String reason;

    Unsound(String reason) {
      super(reason);
      this.reason = reason;
    }
  }
}
