package io.lockstep.coordinator.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunObservation;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.rpc.CoordinatorServer;
import io.lockstep.operations.DocumentedMetrics;
import io.lockstep.operations.Health;
import io.lockstep.operations.ProcessRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CoordinatorTelemetryTest {

  @TempDir private Path folder;

  private Optional<CoordinatorHealth.Seen> seen = Optional.empty();
  private final CoordinatorHealth health = new CoordinatorHealth(() -> seen);

  private static CoordinatorHealth.Seen seen(Phase phase, long idleMillis) {
    RunStatus status =
        new RunStatus(
            "a", phase, "waiting", 0, 3, 9, 0.5, 0, Optional.empty(), List.of(), List.of());
    return new CoordinatorHealth.Seen(
        new RunObservation(status, 9, Map.of(), Instant.EPOCH, Optional.empty()), idleMillis);
  }

  @Test
  void aCoordinatorThatOpensItsJournalIsAliveAndNotStarted() {
    assertFalse(health.started().ok());
    assertFalse(health.ready().ok());
    assertTrue(health.live().ok());
  }

  @Test
  void waitingForWorkersIsReady() {
    seen = Optional.of(seen(Phase.WAITING, 200));
    assertEquals(Health.Condition.good("waiting, 3 of 9 steps: waiting"), health.ready());
    assertTrue(health.started().ok());
    assertTrue(health.live().ok());
  }

  @Test
  void anEndedRunTakesNobodyAndIsNotStuck() {
    seen = Optional.of(seen(Phase.FAILED, 90_000));
    assertFalse(health.ready().ok());
    assertTrue(health.live().ok());
  }

  @Test
  void aThreadThatHandlesNothingIsStuck() {
    seen = Optional.of(seen(Phase.TRAINING, 30_000));
    assertTrue(health.live().ok());
    seen = Optional.of(seen(Phase.TRAINING, 31_000));
    assertEquals(
        Health.Condition.bad(
            "stuck: the thread of the run has handled nothing for 31 s, longer than 30 s"),
        health.live());
  }

  @Test
  void aCoordinatorExposesWhatIsDocumented() throws IOException {
    RunPlan plan = Plans.plan(folder.resolve("run"), 2, 2, 1);
    ProcessRegistry process = new ProcessRegistry("coordinator", Optional.empty());
    try (CoordinatorServer server = CoordinatorServer.start(plan, "127.0.0.1", 0)) {
      CoordinatorMetrics.register(process, plan, () -> Optional.of(server));
      assertEquals(
          DocumentedMetrics.listed("coordinator"), DocumentedMetrics.exposed(process.registry()));
      assertEquals(1, gauge(process, "phase", "waiting"));
      assertEquals(0, gauge(process, "phase", "training"));
      assertEquals(2, gauge(process, "planned_steps", ""));
      assertEquals(2, gauge(process, "wanted_workers", ""));
      assertTrue(gauge(process, "disk_free_bytes", "") > 0);
      assertTrue(server.idleMillis() < 30_000);
    }
  }

  /** The value for a label's value; empty for none. */
  private static double gauge(ProcessRegistry process, String name, String label) {
    return process.registry().scrape().stream()
        .filter(metric -> metric.getMetadata().getName().equals(process.name(name)))
        .flatMap(metric -> ((GaugeSnapshot) metric).getDataPoints().stream())
        .filter(point ->
            label.isEmpty()
                ? point.getLabels().isEmpty()
                : !point.getLabels().isEmpty() && point.getLabels().getValue(0).equals(label))
        .findFirst()
        .orElseThrow()
        .getValue();
  }
}
