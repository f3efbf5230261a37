package io.lockstep.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.Fault.Phase;
import io.lockstep.cli.process.Fault.Signal;
import io.lockstep.coordinator.RunStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KillScheduleTest {

  @TempDir private Path folder;

  @Test
  void everyKeyIsRead() throws IOException {
    List<Fault> faults =
        read("""
        {"at_step": 12, "phase": "waiting", "process": "worker-1", "restart_after": 0.5}

        {"at_step": 20, "delay": 0.05, "process": "worker-0", "signal": "sigstop", "seconds": 5}
        {"process": "coordinator"}
        {"process": "worker-1", "signal": "SIGTERM"}
        """)
            .faults();
    assertEquals(
        List.of(
            new Fault(
                12,
                Optional.of(Phase.WAITING),
                Duration.ZERO,
                "worker-1",
                Signal.SIGKILL,
                Duration.ZERO,
                Optional.of(Duration.ofMillis(500))),
            new Fault(
                20,
                Optional.empty(),
                Duration.ofMillis(50),
                "worker-0",
                Signal.SIGSTOP,
                Duration.ofSeconds(5),
                Optional.empty()),
            new Fault(
                0,
                Optional.empty(),
                Duration.ZERO,
                "coordinator",
                Signal.SIGKILL,
                Duration.ZERO,
                Optional.empty()),
            new Fault(
                0,
                Optional.empty(),
                Duration.ZERO,
                "worker-1",
                Signal.SIGTERM,
                Duration.ZERO,
                Optional.empty())),
        faults);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"process\": \"worker-2\"} | give coordinator, or worker-0 to worker-1",
        "{\"process\": \"worker-0\", \"signal\": \"SIGHUP\"} | signal must be one of sigkill, sigterm, sigstop",
        "{\"process\": \"worker-0\", \"at_step\": -1} | at_step must be between 0 and",
        "{\"process\": \"worker-0\", \"when\": 3} | unknown key when",
        "{\"process\": \"worker-0\", \"signal\": \"SIGSTOP\"} | how long SIGSTOP lasts",
        "{\"process\": \"worker-0\", \"seconds\": 2} | how long SIGSTOP lasts",
        "{\"process\": \"coordinator\", \"phase\": \"waiting\"} | phase is a worker's",
        "{\"process\": \"coordinator\", \"signal\": \"SIGTERM\"} | ends with the run alone",
        "{\"process\": | is not JSON",
      })
  void whatIsWrongIsToldWithItsLine(String line, String problem) {
    UserError error = assertThrows(UserError.class, () -> read("\n" + line + "\n"));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.startsWith("kills.jsonl:2: "), message);
    assertTrue(message.contains(problem), message);
  }

  @Test
  void aFaultWaitsForItsStepAndPhaseButNotForever() throws IOException {
    Fault fault =
        read("{\"at_step\": 3, \"phase\": \"applying\", \"process\": \"worker-1\"}")
            .faults()
            .getFirst();
    assertFalse(fault.isDue(status(2, "applying step 2")));
    assertFalse(fault.isDue(status(3, "computing step 3")));
    assertTrue(fault.isDue(status(3, "applying step 3")));
    assertTrue(fault.isDue(status(5, "computing step 5")));
  }

  private static RunStatus status(long steps, String activity) {
    return new RunStatus(
        "run",
        io.lockstep.coordinator.Phase.TRAINING,
        "",
        1,
        steps,
        10,
        0,
        0,
        Optional.empty(),
        List.of(
            new RunStatus.WorkerStatus("worker-0", 0, "applying step 3", 0, -1, ""),
            new RunStatus.WorkerStatus("worker-1", 1, activity, 0, -1, "")),
        List.of());
  }

  private KillSchedule read(String text) throws IOException {
    return KillSchedule.read(Files.writeString(folder.resolve("kills.jsonl"), text), 2);
  }
}
