package io.lockstep.coordinator.simulation;

/**
 * A process that may be killed, started again and stopped for a while. What it has planned is run
 * when it isn't stopped, and never once it has ended.
 */
final class SimulatedProcess {
  private final Agenda agenda;
  private boolean alive;
  private int incarnation;
  private long stoppedUntil;

  /** Changes whenever what is under way becomes void. */
  private long turn;

  SimulatedProcess(Agenda agenda) {
    this.agenda = agenda;
  }

  boolean isAlive() {
    return alive;
  }

  boolean isStopped() {
    return agenda.now() < stoppedUntil;
  }

  /** Counts the starts. */
  int incarnation() {
    return incarnation;
  }

  void start() {
    alive = true;
    incarnation++;
    newTurn();
  }

  void end() {
    alive = false;
    newTurn();
  }

  /** SIGSTOP for a while. */
  void stop(long millis) {
    stoppedUntil = Math.max(stoppedUntil, agenda.now() + millis);
  }

  /** Voids what was planned for the turn until now. */
  void newTurn() {
    turn++;
  }

  /** Runs later in this process. */
  void later(long delay, Runnable what) {
    int planned = incarnation;
    agenda.later(delay, () -> run(planned, what));
  }

  /** Runs now, or once the process isn't stopped any more. */
  void whenAwake(Runnable what) {
    run(incarnation, what);
  }

  private void run(int planned, Runnable what) {
    if (!alive || planned != incarnation) {
      return;
    }
    if (isStopped()) {
      agenda.at(stoppedUntil, () -> run(planned, what));
    } else {
      what.run();
    }
  }

  /** Runs later, unless the present turn is over by then. */
  void inTurn(long delay, Runnable what) {
    long planned = turn;
    later(
        delay,
        () -> {
          if (planned == turn) {
            what.run();
          }
        });
  }
}
