package io.lockstep.cli.process;

import io.lockstep.cli.rpc.RunStatus;
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

/** Carries out a schedule: strikes processes, lets them go on, and says which to start again. */
final class Strikes {

  private final List<Strike> waiting;
  private final Map<Strike, Long> due = new LinkedHashMap<>();
  private final Map<Child, Long> standing = new LinkedHashMap<>();
  private final Map<String, Restart> restarts = new LinkedHashMap<>();
  private final Set<String> late = new HashSet<>();
  private final StrikeLog log;

  /** A process that is to be started again once it has ended. */
  private record Restart(Child ended, Duration after, long seenDead) {}

  Strikes(KillSchedule schedule, Path runFolder) {
    waiting = new ArrayList<>(schedule.strikes());
    log = new StrikeLog(runFolder);
  }

  boolean isEmpty() {
    return waiting.isEmpty() && due.isEmpty() && standing.isEmpty() && restarts.isEmpty();
  }

  /** Whether a process that has ended will be started again. */
  boolean restarts(String process) {
    return restarts.containsKey(process);
  }

  /**
   * Whether a process was started again or stood still, perhaps until after the run's end: then it
   * goes on looking for a coordinator that has ended.
   */
  boolean mayBeLate(String process) {
    return late.contains(process);
  }

  /** Lets every process go on that still stands still: the run is over. */
  void release() {
    standing.keySet().forEach(child -> child.signal("CONT"));
    standing.clear();
  }

  /** Strikes whatever it is time for. */
  void strike(RunStatus status, Function<String, Child> processes) {
    long now = System.nanoTime();
    log.saw(status);
    for (Iterator<Strike> all = waiting.iterator(); all.hasNext(); ) {
      Strike strike = all.next();
      if (strike.isDue(status)) {
        due.put(strike, now + strike.delay().toNanos());
        all.remove();
      }
    }
    for (Iterator<Map.Entry<Strike, Long>> all = due.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Strike, Long> next = all.next();
      Child child = processes.apply(next.getKey().process());
      if (now >= next.getValue() && child.isAlive()) {
        all.remove();
        log.struck(next.getKey(), status);
        strike(next.getKey(), child, now);
      }
    }
    for (Iterator<Map.Entry<Child, Long>> all = standing.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Child, Long> next = all.next();
      if (now >= next.getValue()) {
        next.getKey().signal("CONT");
        all.remove();
      }
    }
  }

  private void strike(Strike strike, Child child, long now) {
    switch (strike.signal()) {
      case SIGKILL -> child.kill();
      // Not Child.terminate, which closes its input too: to a child that means that its parent
      // died.
      case SIGTERM -> child.signal("TERM");
      case SIGSTOP -> {
        child.signal("STOP");
        late.add(child.name());
        standing.put(child, now + strike.length().toNanos());
      }
    }
    strike
        .restart()
        .ifPresent(after -> restarts.put(child.name(), new Restart(child, after, Long.MAX_VALUE)));
  }

  /** Processes that are to be started now; asked for once. */
  List<String> dueRestarts() {
    long now = System.nanoTime();
    List<String> names = new ArrayList<>();
    for (Iterator<Map.Entry<String, Restart>> all = restarts.entrySet().iterator();
        all.hasNext(); ) {
      Map.Entry<String, Restart> next = all.next();
      Restart restart = next.getValue();
      if (restart.ended().isAlive()) {
        continue;
      }
      long dead = Math.min(restart.seenDead(), now);
      next.setValue(new Restart(restart.ended(), restart.after(), dead));
      if (now - dead >= restart.after().toNanos()) {
        names.add(next.getKey());
        late.add(next.getKey());
        all.remove();
      }
    }
    return names;
  }
}
