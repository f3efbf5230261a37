package io.lockstep.cli.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

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

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MAX_BYTES = 16 << 20;
  private static final double MAX_SECONDS = 86_400;
  private static final Set<String> KEYS =
      Set.of("at_step", "phase", "delay", "process", "signal", "seconds", "restart_after");

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
      if (!lines.get(line).isBlank()) {
        Line parsed = new Line(file.getFileName() + ":" + (line + 1), problems);
        parsed.read(lines.get(line), workers).ifPresent(faults::add);
      }
    }
    if (!problems.isEmpty()) {
      throw new UserError(String.join("; ", problems));
    }
    return new KillSchedule(faults);
  }

  /** One line and where it stands. */
  private record Line(String place, List<String> problems) {

    Optional<Fault> read(String text, int workers) {
      JsonNode node;
      try {
        node = JSON.readTree(text);
      } catch (JsonProcessingException e) {
        problem("is not JSON: " + e.getOriginalMessage());
        return Optional.empty();
      }
      int before = problems.size();
      for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
        String name = names.next();
        if (!KEYS.contains(name)) {
          problem("'%s' is unknown; there are %s".formatted(name, KEYS.stream().sorted().toList()));
        }
      }
      Fault.Signal signal = choice(node, "signal", Fault.Signal.values(), Fault.Signal.SIGKILL);
      Fault fault =
          new Fault(
              Math.round(number(node, "at_step", 0, Long.MAX_VALUE)),
              node.has("phase")
                  ? Optional.of(choice(node, "phase", Fault.Phase.values(), Fault.Phase.COMPUTING))
                  : Optional.empty(),
              seconds(node, "delay"),
              process(node, workers),
              signal,
              seconds(node, "seconds"),
              node.has("restart_after")
                  ? Optional.of(seconds(node, "restart_after"))
                  : Optional.empty());
      if (signal == Fault.Signal.SIGSTOP == fault.length().isZero()) {
        problem("'seconds' says how long SIGSTOP lasts, and goes with no other signal");
      }
      if (signal == Fault.Signal.SIGSTOP && fault.restart().isPresent()) {
        problem(
            "'restart_after' goes with SIGKILL and SIGTERM: a stopped process goes on by itself");
      }
      if (fault.process().equals("coordinator") && fault.phase().isPresent()) {
        problem("'phase' is a worker's: give the coordinator a 'delay' instead");
      }
      if (fault.process().equals("coordinator") && signal == Fault.Signal.SIGTERM) {
        problem(
            "the coordinator ends with the run alone: send it SIGKILL or SIGSTOP, or drain the run");
      }
      return problems.size() == before ? Optional.of(fault) : Optional.empty();
    }

    private String process(JsonNode node, int workers) {
      String name = node.path("process").asText();
      boolean known = name.equals("coordinator");
      for (int worker = 0; worker < workers; worker++) {
        known |= name.equals("worker-" + worker);
      }
      if (!known) {
        problem(
            "'process' is '%s': give coordinator, or worker-0 to worker-%d"
                .formatted(name, workers - 1));
      }
      return name;
    }

    private Duration seconds(JsonNode node, String key) {
      return Duration.ofMillis(Math.round(1000 * number(node, key, 0, MAX_SECONDS)));
    }

    private double number(JsonNode node, String key, double least, double most) {
      JsonNode value = node.path(key);
      if (value.isMissingNode()) {
        return least;
      }
      double number = value.isNumber() ? value.doubleValue() : Double.NaN;
      if (!(number >= least && number <= most)) {
        problem("'%s' is %s: give a number of at least %.0f".formatted(key, value, least));
        return least;
      }
      return number;
    }

    private <E extends Enum<E>> E choice(JsonNode node, String key, E[] values, E otherwise) {
      String given = node.path(key).asText(otherwise.name());
      return Arrays.stream(values)
          .filter(value -> value.name().equalsIgnoreCase(given))
          .findFirst()
          .orElseGet(() -> {
            problem(
                "'%s' is '%s': give one of %s"
                    .formatted(key, given, Arrays.toString(values).toLowerCase(Locale.ROOT)));
            return otherwise;
          });
    }

    private void problem(String what) {
      problems.add(place + ": " + what);
    }
  }
}
