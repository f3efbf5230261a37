package io.lockstep.coordinator.telemetry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunListener;
import io.lockstep.operations.trace.RecordedTraces;
import io.lockstep.operations.trace.TraceContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunTracesTest {

  private final RecordedTraces traces = new RecordedTraces();
  private final List<Long> heard = new ArrayList<>();
  private long now = 100;
  private final RunTraces run =
      new RunTraces(
          traces,
          "/runs/a",
          new RunListener() {
            @Override
            public void stepCommitted(CommittedStep step, double stepsPerSecond) {
              heard.add(step.step());
            }
          },
          () -> now);

  private void committed(long generation, long step, long at) {
    now = at;
    run.stepCommitted(
        new CommittedStep(generation, step, 8, 1.0, 4, List.of(), 0.5, 1, 0, List.of()), 1);
  }

  private void phase(Phase phase, long at) {
    now = at;
    run.phaseChanged(phase, "");
  }

  private void assertTold(
      int index, String name, String what, long generation, long number, long begin, long end) {
    RecordedTraces.Told told = traces.told().get(index);
    assertEquals(name, told.span().name());
    assertEquals(
        Optional.of(TraceContext.of("/runs/a", what, generation, number)), told.self(), name);
    assertEquals(List.of(begin, end), List.of(told.span().begin(), told.span().end()), name);
  }

  @Test
  void membershipsStepsAndCheckpointsAreToldWithTheirTimes() {
    phase(Phase.FORMING, 200);
    phase(Phase.TRAINING, 250);
    committed(1, 0, 300);
    committed(1, 1, 340);
    phase(Phase.SAVING, 345);
    phase(Phase.TRAINING, 350);
    committed(1, 2, 400);
    now = 460;
    run.checkpointCommitted(new CommittedCheckpoint(2, Path.of("x"), "", 9, false));
    phase(Phase.FORMING, 500);
    phase(Phase.TRAINING, 700);
    committed(2, 3, 720);
    assertTold(0, "membership change", "membership", 1, 1, 200, 250);
    assertTold(1, "training step", "step", 1, 0, 250, 300);
    assertTold(2, "training step", "step", 1, 1, 300, 340);
    assertTold(3, "training step", "step", 1, 2, 350, 400);
    assertTold(4, "checkpoint", "checkpoint", 1, 2, 340, 460);
    assertTold(5, "membership change", "membership", 2, 2, 500, 700);
    assertTold(6, "training step", "step", 2, 3, 700, 720);
    assertEquals(List.of(0L, 1L, 2L, 3L), heard);
  }
}
