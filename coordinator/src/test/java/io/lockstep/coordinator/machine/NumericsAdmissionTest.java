package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunPlan;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A run takes only workers that compute the same bits. */
final class NumericsAdmissionTest {

  private static final Map<String, String> USUAL =
      Map.of("threads", "2", "vector_instructions", "AVX512", "MKL_CBWR", "not set");

  private static final String ALL_THE_SAME =
      ". To go on with them all the same: --resume --acknowledge numerics.NAME";

  private static RunPlan plan() {
    return Plans.plan(Path.of("run"), 2, 4, 0);
  }

  private static void join(Cluster cluster, long session, Map<String, String> numerics) {
    cluster.join(session, "", new Numerics(new TreeMap<>(numerics)));
  }

  private static Map<String, String> with(String name, String value) {
    Map<String, String> changed = new TreeMap<>(USUAL);
    changed.put(name, value);
    return changed;
  }

  private static String refusal(Cluster cluster, long session) {
    return ((ToWorker.Stop) cluster.takeFor(session).getFirst()).reason();
  }

  private static RunHistory historyOf(Cluster cluster) {
    RunHistory history = new RunHistory();
    cluster.journal.forEach(history::add);
    return history;
  }

  @Test
  void aWorkerWithOtherThreadsIsRefusedAndTheRunBeginsWithAnother() {
    Cluster cluster = new Cluster(plan());
    join(cluster, 1, USUAL);
    join(cluster, 2, with("threads", "1"));
    assertEquals(
        "worker b computes with 1 thread, this run with 2: start it with --threads 2; other weights"
            + " would come of it",
        refusal(cluster, 2));
    assertEquals(Phase.WAITING, cluster.phase());
    join(cluster, 3, USUAL);
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void everyDifferenceIsNamedWithWhatToSet() {
    Cluster cluster = new Cluster(plan());
    join(cluster, 1, with("MKL_CBWR", "AVX2"));
    join(cluster, 2, with("vector_instructions", "AVX2"));
    String reason = refusal(cluster, 2);
    assertTrue(
        reason.contains(
            "with MKL_CBWR not set, this run with AVX2: start it after 'export MKL_CBWR=AVX2'"),
        reason);
    assertTrue(
        reason.contains("with vector instructions 'AVX2', this run with 'AVX512': start it on"),
        reason);
  }

  @Test
  void aWorkerOnAnotherDeviceIsRefusedByTheDevicesName() {
    Cluster cluster = new Cluster(plan());
    join(cluster, 1, with("device", "Model X"));
    join(cluster, 2, with("device", "cpu"));
    String reason = refusal(cluster, 2);
    assertTrue(
        reason.contains(
            "computes with device 'cpu', this run with 'Model X': start it with --device on"),
        reason);
  }

  @Test
  void aWorkerThatDoesNotSayHowItComputesIsRefused() {
    Cluster cluster = new Cluster(plan());
    join(cluster, 1, USUAL);
    join(cluster, 2, Map.of());
    String reason = refusal(cluster, 2);
    assertTrue(reason.contains("with unknown threads, this run with 2"), reason);
  }

  @Test
  void theFirstMembershipDecidesForTheRunWhateverBecomesOfIt() {
    Cluster cluster = new Cluster(plan());
    join(cluster, 1, USUAL);
    join(cluster, 2, USUAL);
    assertEquals(Phase.FORMING, cluster.phase());

    Cluster again = new Cluster(plan(), historyOf(cluster));
    join(again, 3, with("threads", "1"));
    assertEquals(
        "worker c computes with 1 thread, this run with 2: start it with --threads 2; other weights"
            + " would come of it"
            + ALL_THE_SAME,
        refusal(again, 3));
    again.take();
    join(again, 4, USUAL);
    assertTrue(again.takeFor(4).getFirst() instanceof ToWorker.Welcome);
  }

  @Test
  void whatIsAcknowledgedIsTheNextWorldsChoice() {
    Cluster cluster = new Cluster(plan());
    join(cluster, 1, USUAL);
    join(cluster, 2, USUAL);
    RunHistory history = historyOf(cluster);
    history.add(
        new JournalEntry.NumericsFixed(history.numerics().without(Set.of("numerics.threads"))));

    Cluster again = new Cluster(plan(), history);
    join(again, 3, with("threads", "1"));
    assertTrue(again.takeFor(3).getFirst() instanceof ToWorker.Welcome);
    join(again, 4, USUAL);
    assertTrue(refusal(again, 4).contains("with 2 threads, this run with 1"));
    join(again, 5, with("vector_instructions", "AVX2"));
    assertTrue(refusal(again, 5).contains("this run with 'AVX512'"));
  }

  @Test
  void aNameOfAMegabyteIsRefused() {
    Cluster cluster = new Cluster(plan());
    join(cluster, 1, Map.of("x".repeat(1 << 20), "1"));
    assertEquals("worker a says too much of its numerics", refusal(cluster, 1));
  }
}
