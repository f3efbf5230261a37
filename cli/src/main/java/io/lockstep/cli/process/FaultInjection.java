package io.lockstep.cli.process;

import io.lockstep.coordinator.RunStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Carries out a {@link KillSchedule}: signals processes, and says which to start again. */
final class FaultInjection {

  private final List<Fault> waiting;

  /** Faults whose step and phase are reached, and when they are injected. */
  private final Map<Fault, Long> due = new LinkedHashMap<>();

  /** Stopped processes, and when they are continued. */
  private final Map<Child, Long> stopped = new LinkedHashMap<>();

  private final Map<String, Restart> restarts = new LinkedHashMap<>();
  private final Set<String> late = new HashSet<>();
  private final RecoveryLog log;

  /** A process that is to be started again once it has ended. */
  private record Restart(Child process, Duration after, long seenEnded) {}

  FaultInjection(KillSchedule schedule, Path runFolder) {
    waiting = new ArrayList<>(schedule.faults());
    log = new RecoveryLog(runFolder);
  }

  boolean isEmpty() {
    return waiting.isEmpty() && due.isEmpty() && stopped.isEmpty() && restarts.isEmpty();
  }

  /** Whether a process that has ended will be started again. */
  boolean restarts(String process) {
    return restarts.containsKey(process);
  }

  /**
   * Whether a process was started again or stopped, perhaps until after the run's end: then it goes
   * on looking for a coordinator that has ended.
   */
  boolean mayBeLate(String process) {
    return late.contains(process);
  }

  /** Continues all stopped processes: the run is over. */
  void continueAll() {
    stopped.keySet().forEach(child -> child.signal("CONT"));
    stopped.clear();
  }

  /** Injects the faults that are due, and continues stopped processes whose time is over. */
  void inject(RunStatus status, Function<String, Child> processes) {
    long now = System.nanoTime();
    log.observe(status);
    for (Iterator<Fault> all = waiting.iterator(); all.hasNext(); ) {
      Fault fault = all.next();
      if (fault.isDue(status)) {
        due.put(fault, now + fault.delay().toNanos());
        all.remove();
      }
    }
    for (Iterator<Map.Entry<Fault, Long>> all = due.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Fault, Long> next = all.next();
      Child child = processes.apply(next.getKey().process());
      if (now >= next.getValue() && child.isAlive()) {
        all.remove();
        log.injected(next.getKey(), status);
        send(next.getKey(), child, now);
      }
    }
    for (Iterator<Map.Entry<Child, Long>> all = stopped.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Child, Long> next = all.next();
      if (now >= next.getValue()) {
        next.getKey().signal("CONT");
        all.remove();
      }
    }
  }

  private void send(Fault fault, Child child, long now) {
    switch (fault.signal()) {
      case SIGKILL -> child.kill();
      // Not Child.terminate, which closes its input too: to a child that means that its parent
      // died.
      case SIGTERM -> child.signal("TERM");
      case SIGSTOP -> {
        child.signal("STOP");
        late.add(child.name());
        stopped.put(child, now + fault.length().toNanos());
      }
    }
    fault
        .restart()
        .ifPresent(after -> restarts.put(child.name(), new Restart(child, after, Long.MAX_VALUE)));
  }

  /** Names of the processes that are to be started now; each is named once. */
  List<String> dueRestarts() {
    long now = System.nanoTime();
    List<String> names = new ArrayList<>();
    for (Iterator<Map.Entry<String, Restart>> all = restarts.entrySet().iterator();
        all.hasNext(); ) {
      Map.Entry<String, Restart> next = all.next();
      Restart restart = next.getValue();
      if (restart.process().isAlive()) {
        continue;
      }
      long ended = Math.min(restart.seenEnded(), now);
      next.setValue(new Restart(restart.process(), restart.after(), ended));
      if (now - ended >= restart.after().toNanos()) {
        names.add(next.getKey());
        late.add(next.getKey());
        all.remove();
      }
    }
    return names;
  }
}
