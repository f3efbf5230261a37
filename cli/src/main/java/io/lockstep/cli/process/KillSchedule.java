package io.lockstep.cli.process;

import io.lockstep.cli.console.UserError;
import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Faults to inject into the processes of a run, to see that it survives. One JSON object a line:
 *
 * <pre>
 * {"at_step": 12, "phase": "waiting", "process": "worker-1", "signal": "SIGKILL", "restart_after": 0.5}
 * {"at_step": 20, "process": "worker-0", "signal": "SIGSTOP", "seconds": 5}
 * {"at_step": 30, "delay": 0.05, "process": "coordinator", "signal": "SIGKILL", "restart_after": 0}
 * </pre>
 *
 * @param faults in the order of the file
 */
public record KillSchedule(List<Fault> faults) {

  /** No faults. */
  public static final KillSchedule NONE = new KillSchedule(List.of());

  private static final long MAX_BYTES = 16 << 20;

  public KillSchedule {
    faults = List.copyOf(faults);
  }

  /**
   * Reads a schedule.
   *
   * @param workers number of worker processes, which are named worker-0 and so on
   * @throws UserError naming every problem with its line
   */
  public static KillSchedule read(Path file, int workers) throws IOException {
    if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
      throw new UserError(
          "%s is no kill schedule: a file of JSON lines below 16 MiB is needed".formatted(file));
    }
    List<Fault> faults = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int line = 0; line < lines.size(); line++) {
      if (lines.get(line).isBlank()) {
        continue;
      }
      String place = file.getFileName() + ":" + (line + 1);
      try {
        Fault fault = ConfigReader.readLine(Fault.class, lines.get(line), place);
        faults.add(fault);
        if (!fault.process().equals(Fault.COORDINATOR) && fault.worker() >= workers) {
          problems.add(
              "%s: process is %s: give coordinator, or worker-0 to worker-%d"
                  .formatted(place, fault.process(), workers - 1));
        }
      } catch (ConfigException e) {
        problems.addAll(e.lines());
      }
    }
    if (!problems.isEmpty()) {
      throw new UserError(String.join("; ", problems));
    }
    return new KillSchedule(faults);
  }
}
