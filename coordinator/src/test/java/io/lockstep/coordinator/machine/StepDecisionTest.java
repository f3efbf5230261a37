package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.DatasetSums;
import io.lockstep.coordinator.KindSums;
import io.lockstep.coordinator.StepCounts;
import io.lockstep.coordinator.TermSum;
import io.lockstep.coordinator.machine.Event.BucketResult;
import io.lockstep.coordinator.machine.Event.VirtualRankResult;
import io.lockstep.coordinator.machine.StepDecision.Report;
import io.lockstep.coordinator.machine.StepDecision.Verdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StepDecisionTest {

  @Test
  void figuresAreThoseWorkedOutByHand() {
    Report report =
        new Report(
            "a",
            List.of(
                new VirtualRankResult(0, 2.5, 10, 4, List.of(7L), List.of()),
                new VirtualRankResult(1, 1.5, 0, 0),
                new VirtualRankResult(2, 4.0, 6, 6, List.of(9L, 3L), List.of()),
                new VirtualRankResult(3, 0.0, 4, 0)),
            List.of(new BucketResult(0, 1600, 1), new BucketResult(1, 2000, 0x01020304)));
    CommittedStep step = committed(StepDecision.decide(3, 7, 4, 0, List.of(report)));
    assertEquals(3, step.generation());
    assertEquals(7, step.step());
    assertEquals(8.0, step.lossSum());
    assertEquals(20, step.tokens());
    assertEquals(10, step.correctTokens());
    assertEquals(List.of(7L, 9L, 3L), step.replaced());
    assertEquals(3.0, step.gradNorm());
    assertEquals(0.4, step.meanLoss());
    // CRC-32C of the bytes 01 00 00 00 04 03 02 01.
    assertEquals(crc32c(new int[] {1, 0, 0, 0, 4, 3, 2, 1}), step.digest());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void figuresDontDependOnTheNumberOfWorkersOrTheirOrder(int world) {
    CommittedStep alone = committed(decide(List.of(Reports.report(5, 0, 1))));
    List<Report> reports =
        new ArrayList<>(
            IntStream.range(0, world).mapToObj(rank -> Reports.report(5, rank, world)).toList());
    assertEquals(alone, committed(decide(reports)));
    Collections.reverse(reports);
    assertEquals(alone, committed(decide(reports)));
  }

  private static VirtualRankResult withTerms(int virtualRank, TermSum... terms) {
    return new VirtualRankResult(
        virtualRank, 1, 5, 1, List.of(), List.of(), List.of(), List.of(terms), StepCounts.NONE);
  }

  @Test
  void termsAreSummedOverVirtualRanksInOrder() {
    Report report =
        new Report(
            "a",
            IntStream.range(0, 4)
                .mapToObj(rank ->
                    withTerms(
                        rank, new TermSum("loss", rank, 5), new TermSum("aux", 0.5 * rank, 1)))
                .toList(),
            List.of(new BucketResult(0, 16, 1)));
    CommittedStep step = committed(StepDecision.decide(3, 7, 4, 0, List.of(report)));
    assertEquals(List.of(new TermSum("loss", 6, 20), new TermSum("aux", 3, 4)), step.terms());
  }

  @Test
  void countsAreSummedOverVirtualRanksAndMustBePossible() {
    Report report =
        new Report(
            "a",
            List.of(
                counting(0, Map.of("padding_tokens", 3L, "batch_tokens", 8L)),
                counting(1, Map.of("batch_tokens", 8L, "aug/hflip_applied", 1L))),
            List.of(new BucketResult(0, 16, 1)));
    CommittedStep step = committed(StepDecision.decide(3, 7, 2, 0, List.of(report)));
    assertEquals(
        Map.of("padding_tokens", 3L, "batch_tokens", 16L, "aug/hflip_applied", 1L),
        step.counts().values());
    for (Map<String, Long> wrong : List.of(Map.of("padding_tokens", -1L), Map.of("", 1L))) {
      Event.Reduced reduced =
          new Event.Reduced(
              1, 1, 0, List.of(counting(0, wrong)), List.of(new BucketResult(0, 1, 1)));
      String problem = ReportCheck.problem(reduced, 0, 1, 1, 0).orElse("");
      assertTrue(problem.startsWith("its virtual rank counts "), problem);
    }
  }

  private static VirtualRankResult counting(int virtualRank, Map<String, Long> counts) {
    return new VirtualRankResult(
        virtualRank,
        1,
        5,
        1,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        new StepCounts(new TreeMap<>(counts)));
  }

  @Test
  void kindsOfTokensAreSummedByDatasetAndMustFitIntoIt() {
    DatasetSums first = new DatasetSums(0, 1, 6, 5, List.of(new KindSums(2, 4, 3)));
    DatasetSums second =
        new DatasetSums(0, 1, 5, 2, List.of(new KindSums(1, 2, 1), new KindSums(2, 3, 1)));
    assertEquals(
        new DatasetSums(0, 2, 11, 7, List.of(new KindSums(1, 2, 1), new KindSums(2, 7, 4))),
        first.plus(second));
    assertTrue(first.hasSoundCounts() && second.hasSoundCounts());
    for (List<KindSums> wrong :
        List.of(
            List.of(new KindSums(1, 7, 0)),
            List.of(new KindSums(1, 4, 0), new KindSums(2, 3, 0)),
            List.of(new KindSums(1, 1, 0), new KindSums(1, 1, 0)),
            List.of(new KindSums(1, 1, 2)),
            List.of(new KindSums(0, 1, 1)))) {
      DatasetSums sums = new DatasetSums(0, 1, 6, 5, wrong);
      assertFalse(sums.hasSoundCounts(), sums::toString);
    }
  }

  @Test
  void termsThatCannotBeAreNamed() {
    assertRejected(
        List.of(withVirtualRank(withTerms(2, new TermSum("aux", 1, -1)))),
        "step 5: virtual rank 2 has a term aux of 1.0 over -1 (reported by a)");
    assertRejected(
        List.of(withVirtualRank(withTerms(2, new TermSum("a", 1, 1), new TermSum("a", 1, 1)))),
        "step 5: virtual rank 2 names a term twice (reported by a)");
  }

  @Test
  void virtualRankReportedTwiceNamesBothWorkers() {
    Report first = Reports.report(5, 0, 1);
    Report second = new Report("b", List.of(Reports.virtualRank(5, 2)), List.of());
    assertRejected(
        List.of(first, second), "step 5: virtual rank 2 was reported by worker-0 and by b");
  }

  @Test
  void missingVirtualRankIsNamed() {
    Report whole = Reports.report(5, 0, 1);
    assertRejected(
        List.of(new Report("a", whole.virtualRanks().subList(0, 3), whole.buckets())),
        "step 5: no worker reported virtual rank 3");
  }

  @Test
  void unknownVirtualRankIsNamed() {
    assertRejected(
        List.of(new Report("a", List.of(Reports.virtualRank(5, 4)), List.of())),
        "step 5: a reported virtual rank 4, expected 0 to 3");
  }

  @Test
  void gapBetweenBucketsIsNamed() {
    Report whole = Reports.report(5, 0, 1);
    List<BucketResult> gap = new ArrayList<>(whole.buckets());
    gap.remove(2);
    assertRejected(
        List.of(new Report("a", whole.virtualRanks(), gap)),
        "step 5: a reported bucket 5, expected 0 to 4");
  }

  @Test
  void noBucketsAtAllAreRejected() {
    assertRejected(
        List.of(new Report("a", Reports.report(5, 0, 1).virtualRanks(), List.of())),
        "step 5: no worker reported a gradient bucket");
  }

  @Test
  void numberOfBucketsMustNotChangeBetweenSteps() {
    Verdict verdict = StepDecision.decide(1, 5, 4, 7, List.of(Reports.report(5, 0, 1)));
    assertTrue(reason(verdict).startsWith("step 5 has 6 gradient buckets, the steps before had 7"));
  }

  @Test
  void lossThatIsNotANumberNamesStepVirtualRankAndSamples() {
    VirtualRankResult odd =
        new VirtualRankResult(
            2,
            Double.NaN,
            5,
            1,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            StepCounts.NONE,
            List.of("data.jsonl:7", "data.jsonl:3"));
    Verdict.NotFinite verdict = notFinite(List.of(withVirtualRank(odd)));
    assertTrue(
        verdict.reason().startsWith("step 5: the loss of virtual rank 2 is NaN (reported by a)"),
        verdict.reason());
    assertEquals(List.of("data.jsonl:7", "data.jsonl:3"), verdict.samples());
    assertTrue(verdict.step().skipped());
    assertEquals(0, verdict.step().digest());
    assertTrue(Double.isNaN(verdict.step().lossSum()));
  }

  @Test
  void termThatIsNotFiniteIsNamed() {
    Verdict.NotFinite verdict =
        notFinite(
            List.of(
                withVirtualRank(withTerms(1, new TermSum("aux", Double.NEGATIVE_INFINITY, 5)))));
    assertTrue(
        verdict.reason().startsWith("step 5: virtual rank 1 has a term aux of -Infinity over 5"),
        verdict.reason());
  }

  @Test
  void infiniteGradientNamesStepAndBucket() {
    Report whole = Reports.report(5, 0, 1);
    List<BucketResult> buckets = new ArrayList<>(whole.buckets());
    buckets.set(3, new BucketResult(3, Double.POSITIVE_INFINITY, 0));
    Verdict.NotFinite verdict = notFinite(List.of(new Report("a", whole.virtualRanks(), buckets)));
    assertTrue(
        verdict
            .reason()
            .startsWith(
                "step 5: the gradient's square sum in bucket 3 is Infinity (reported by a)"),
        verdict.reason());
    assertEquals(Double.POSITIVE_INFINITY, verdict.step().gradNorm());
  }

  @Test
  void negativeSquareSumIsRejected() {
    Report whole = Reports.report(5, 0, 1);
    List<BucketResult> buckets = new ArrayList<>(whole.buckets());
    buckets.set(3, new BucketResult(3, -1, 0));
    assertRejected(
        List.of(new Report("a", whole.virtualRanks(), buckets)),
        "step 5: the gradient's square sum in bucket 3 is -1.0 (reported by a)");
  }

  @Test
  void sumsThatOverflowAreNotFinite() {
    Report whole = Reports.report(5, 0, 1);
    List<BucketResult> buckets = new ArrayList<>(whole.buckets());
    buckets.set(0, new BucketResult(0, Double.MAX_VALUE, 0));
    buckets.set(1, new BucketResult(1, Double.MAX_VALUE, 0));
    assertTrue(
        notFinite(List.of(new Report("a", whole.virtualRanks(), buckets)))
            .reason()
            .startsWith("step 5: loss sum"));
  }

  private static Verdict.NotFinite notFinite(List<Report> reports) {
    return assertInstanceOf(
        Verdict.NotFinite.class, StepDecision.decide(1, 5, Reports.VIRTUAL_RANKS, 0, reports));
  }

  @Test
  void stepWithoutSupervisedTokensIsRejected() {
    List<VirtualRankResult> empty =
        IntStream.range(0, 4).mapToObj(rank -> new VirtualRankResult(rank, 0, 0, 0)).toList();
    assertRejected(
        List.of(new Report("a", empty, Reports.report(5, 0, 1).buckets())),
        "no supervised token in step 5");
  }

  @Test
  void moreCorrectTokensThanTokensAreRejected() {
    assertRejected(
        List.of(withVirtualRank(new VirtualRankResult(2, 1, 5, 6))),
        "step 5: a reported impossible counts");
  }

  private static Report withVirtualRank(VirtualRankResult odd) {
    Report whole = Reports.report(5, 0, 1);
    List<VirtualRankResult> results = new ArrayList<>(whole.virtualRanks());
    results.set(odd.virtualRank(), odd);
    return new Report("a", results, whole.buckets());
  }

  private static Verdict decide(List<Report> reports) {
    return StepDecision.decide(1, 5, Reports.VIRTUAL_RANKS, Reports.BUCKETS, reports);
  }

  private static CommittedStep committed(Verdict verdict) {
    return assertInstanceOf(Verdict.Committed.class, verdict).step();
  }

  private static String reason(Verdict verdict) {
    return assertInstanceOf(Verdict.Rejected.class, verdict).reason();
  }

  private static void assertRejected(List<Report> reports, String expectedStart) {
    String reason = reason(StepDecision.decide(1, 5, Reports.VIRTUAL_RANKS, 0, reports));
    assertTrue(reason.startsWith(expectedStart), reason);
  }

  /** Bit by bit from the definition: reflected polynomial 0x82F63B78. */
  private static int crc32c(int[] bytes) {
    int crc = -1;
    for (int each : bytes) {
      crc ^= each;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0x82F63B78);
      }
    }
    return ~crc;
  }
}
