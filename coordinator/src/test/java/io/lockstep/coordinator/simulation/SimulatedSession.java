package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.ToWorker;
import java.util.Optional;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A worker's session with the coordinator, over one stream at a time: another one is opened when it
 * ends or nothing has come on it for too long.
 */
final class SimulatedSession {

  /** Silence of a coordinator that hasn't answered a Hello yet. */
  private static final long ANSWER_MILLIS = 3000;

  private final Simulation simulation;
  private final Agenda agenda;
  private final SimulatedWorker worker;
  private final SimulatedProcess process;
  private @Nullable Link link;
  private boolean welcome;
  private long cutOffUntil;
  private long lastHeard;
  private long silenceMillis = Long.MAX_VALUE;

  SimulatedSession(Simulation simulation, SimulatedWorker worker, SimulatedProcess process) {
    this.simulation = simulation;
    this.agenda = simulation.agenda();
    this.worker = worker;
    this.process = process;
  }

  /** Whether the coordinator has answered the Hello. */
  boolean isWelcome() {
    return welcome;
  }

  /** Nothing gets through for a while. */
  void cutOff(long millis) {
    cutOffUntil = Math.max(cutOffUntil, agenda.now() + millis);
  }

  long cutOffUntil() {
    return cutOffUntil;
  }

  /** The worker's process begins. */
  void start() {
    link = null;
    silenceMillis = ANSWER_MILLIS;
    connect();
    heartbeat();
  }

  private void connect() {
    Link before = link;
    if (before != null) {
      before.abandon();
    }
    welcome = false;
    lastHeard = agenda.now();
    worker.newTurn();
    Optional<Link> opened = simulation.open(worker);
    link = opened.orElse(null);
    if (opened.isEmpty()) {
      process.later(agenda.between(50, 400), this::connectAgain);
      return;
    }
    say(worker::introduction);
  }

  private void connectAgain() {
    if (link == null) {
      connect();
    }
  }

  private void heartbeat() {
    process.later(
        simulation.heartbeatMillis(),
        () -> {
          if (agenda.now() - lastHeard > silenceMillis) {
            connect();
          } else if (welcome) {
            say(worker::heartbeat);
          }
          heartbeat();
        });
  }

  /** Sends what is said on the present stream, if there is one. */
  void say(LongFunction<Event> event) {
    Link present = link;
    if (present != null) {
      simulation.up(present, event.apply(present.session()));
    }
  }

  void receive(Link from, ToWorker message) {
    process.whenAwake(() -> {
      if (from != link) {
        return;
      }
      lastHeard = agenda.now();
      if (message instanceof ToWorker.Welcome hello) {
        welcome = true;
        silenceMillis = hello.silenceMillis();
      }
      worker.hear(message);
    });
  }

  /** The worker's process was killed, and its stream with it. */
  void kill() {
    Link present = link;
    if (present != null) {
      simulation.streamEnds(present);
    }
    link = null;
  }

  /** The coordinator has said its last word on this stream. */
  void end() {
    link = null;
  }

  /** The same, and the worker joins again. */
  void rejoin(long millis) {
    link = null;
    process.later(millis + agenda.between(1, 200), this::connectAgain);
  }

  /** The stream ended from the other side. */
  void streamEnded(Link ended) {
    process.whenAwake(() -> {
      if (ended == link) {
        link = null;
        welcome = false;
        process.later(agenda.between(10, 300), this::connectAgain);
      }
    });
  }

  /** The stream breaks; both sides come to know. */
  void breakStream() {
    Link present = link;
    if (process.isAlive() && present != null) {
      present.breakUp();
      simulation.streamBroke(present);
    }
  }
}
