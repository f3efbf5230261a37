package io.lockstep.worker.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.operations.DocumentedMetrics;
import io.lockstep.operations.Health;
import io.lockstep.operations.ProcessRegistry;
import io.lockstep.operations.trace.RecordedTraces;
import io.lockstep.operations.trace.TraceContext;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.protocol.Session.Portion;
import io.lockstep.worker.protocol.Session.StepTimes;
import io.lockstep.worker.testing.FakeCoordinator;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WorkerTelemetryTest {

  private static final Directive.Member OWN = new Directive.Member("w-a", "127.0.0.1:1", "AVX2");

  private long now;
  private final WorkerTelemetry worker = new WorkerTelemetry(() -> now);

  private void pass(Duration time) {
    now += time.toNanos();
  }

  private static Directive.NewMembership membership(long generation) {
    return new Directive.NewMembership(
        generation, 0, List.of(OWN), 0, "", List.of(), List.of(), Optional.empty());
  }

  private static Directive.Commit commit(long step) {
    return new Directive.Commit(1, step, 8, 1.0, 4, 0.5, 0, List.of(), List.of(), Counts.NONE);
  }

  private Session joined(Directive... script) {
    return worker.joined(FakeCoordinator.reciting(script));
  }

  @Test
  void aWorkerIsStartedOnceItHasLoadedAndAliveBefore() {
    assertEquals(Health.Condition.bad("looking for the coordinator"), worker.started());
    Session session = joined();
    assertEquals(Health.Condition.bad("loading the model"), worker.started());
    assertEquals(Health.Condition.bad("loading the model"), worker.ready());
    pass(Duration.ofDays(1));
    assertTrue(worker.live().ok());
    session.loaded();
    assertTrue(worker.started().ok());
    assertFalse(worker.ready().ok(), "it is no member yet");
    assertTrue(worker.live().ok());
  }

  @Test
  void onlyAMemberOfTheNewestMembershipIsReady() throws Exception {
    Session session = joined(membership(1), membership(2));
    session.loaded();
    session.next();
    assertFalse(worker.ready().ok());
    session.ready(1);
    assertEquals(Health.Condition.good("rank -1 of membership 1"), worker.ready());
    session.next();
    assertFalse(worker.ready().ok(), "another membership is formed");
    session.ready(2);
    assertTrue(worker.ready().ok());
    session.broken(2, 1, "a peer is gone");
    assertFalse(worker.ready().ok());
  }

  @Test
  void aWorkerThatStaysAfterItsRunIsAliveAndMayTakePartInTheNext() throws Exception {
    Session first = joined(membership(7), new Directive.Stop(true, "all 9 steps are done"));
    first.loaded();
    first.next();
    first.ready(7);
    first.next();
    worker.ended();
    assertFalse(worker.ready().ok());
    assertTrue(worker.started().ok());
    pass(Duration.ofDays(1));
    assertTrue(worker.live().ok());
    Session second = joined(membership(1));
    second.next();
    second.ready(1);
    assertEquals(Health.Condition.good("rank -1 of membership 1"), worker.ready());
  }

  @Test
  void whoWaitsForOthersIsAliveAndWhoComputesTooLongIsNot() throws Exception {
    Session session = joined(membership(1), commit(0));
    session.loaded();
    session.next();
    session.activity(1, "computing step 0");
    pass(Duration.ofMinutes(59));
    assertTrue(worker.live().ok(), "a first step may take an hour");
    session.reduced(1, 0, List.of(), List.of());
    session.next();
    session.applied(1, 0);
    session.activity(1, "computing step 1");
    pass(Duration.ofMinutes(590));
    assertTrue(worker.live().ok());
    pass(Duration.ofMinutes(1));
    assertEquals(
        Health.Condition.bad(
            "stuck: no progress for 35460 s, longer than 35400 s; it was computing step 1"),
        worker.live());
    session.stalled(1, 1, "rank 0 waits for rank 1");
    assertTrue(worker.live().ok(), "the coordinator decides who is to blame");
  }

  @Test
  void whatItDoesIsAPartOfWhatItsCoordinatorTells() throws Exception {
    RecordedTraces traces = new RecordedTraces();
    worker.tracedBy(traces);
    worker.takesPartIn("/runs/a");
    Session session = joined(membership(3), commit(0));
    session.next();
    pass(Duration.ofSeconds(2));
    session.ready(3);
    long began = now;
    pass(Duration.ofSeconds(5));
    session.reduced(3, 0, List.of(), List.of());
    pass(Duration.ofSeconds(3));
    session.next();
    pass(Duration.ofSeconds(1));
    long second = Duration.ofSeconds(1).toNanos();
    session.times(
        new StepTimes(
            0,
            1,
            2,
            2,
            0,
            began,
            List.of(
                new Portion(false, 4, began, began + second),
                new Portion(true, 4, began + second, began + 3 * second))));
    session.checkpointPart(3, 1, List.of());
    List<RecordedTraces.Told> told = traces.told();
    assertEquals(
        List.of("come into membership", "step of a rank", "write checkpoint"),
        told.stream().map(each -> each.span().name()).toList());
    assertEquals(
        List.of(
            TraceContext.of("/runs/a", "membership", 3, 3),
            TraceContext.of("/runs/a", "step", 3, 0),
            TraceContext.of("/runs/a", "checkpoint", 3, 1)),
        told.stream().map(each -> each.parent().orElseThrow()).toList());
    RecordedTraces.Told step = told.get(1);
    assertEquals(
        List.of("prefetch", "forward and backward", "reduce", "commit", "optimizer"), step.parts());
    assertEquals(
        List.of(1L, 2L, 2L, 3L, 1L),
        step.span().parts().stream().map(each -> (each.end() - each.begin()) / second).toList());
    assertEquals(9, (step.span().end() - step.span().begin()) / second);
  }

  @Test
  void aStepsTimeIsToldByItsParts() throws Exception {
    Session session = joined(commit(0));
    session.reduced(1, 0, List.of(), List.of());
    pass(Duration.ofSeconds(3));
    session.next();
    pass(Duration.ofSeconds(2));
    session.applied(1, 0);
    session.times(new StepTimes(0, 0.5, 7, 1, 0));
    WorkerTelemetry.Times times = worker.times();
    assertEquals(3, times.of(WorkerTelemetry.Part.COMMIT), 1e-9);
    assertEquals(2, times.of(WorkerTelemetry.Part.UPDATE), 1e-9);
    assertEquals(7, times.of(WorkerTelemetry.Part.COMPUTE), 1e-9);
    assertEquals(13.5, times.longest(), 1e-9);
    assertEquals(1, times.steps());
    assertEquals(Optional.of(0L), worker.lastStep());
  }

  @Test
  void aWorkerExposesWhatIsDocumented() throws IOException {
    ProcessRegistry process = new ProcessRegistry("worker", Optional.empty());
    WorkerMetrics.register(process, worker);
    assertEquals(DocumentedMetrics.listed("worker"), DocumentedMetrics.exposed(process.registry()));
  }
}
