package io.lockstep.coordinator.telemetry;

import io.lockstep.coordinator.RunObservation;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.operations.Health;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Health of a coordinator: started once its journal is open and its port is bound; ready while the
 * run takes workers, which is until it ends; live while the thread that handles the run's events
 * has taken a turn within {@link #LIMIT}, which it does several times a second however idle the run
 * is, and however long people wait for workers.
 */
public final class CoordinatorHealth implements Health {

  /** Longest turn of the run's thread: one write to the journal, on a disk that is slow. */
  static final Duration LIMIT = Duration.ofSeconds(30);

  private final Supplier<Optional<Seen>> coordinator;

  /**
   * A coordinator at one moment.
   *
   * @param idleMillis how long ago the run's thread took a turn
   */
  public record Seen(RunObservation run, long idleMillis) {}

  /**
   * Health.
   *
   * @param coordinator empty until it has started
   */
  public CoordinatorHealth(Supplier<Optional<Seen>> coordinator) {
    this.coordinator = coordinator;
  }

  @Override
  public Condition started() {
    return coordinator
        .get()
        .map(seen -> Condition.good(describe(seen)))
        .orElseGet(CoordinatorHealth::starting);
  }

  @Override
  public Condition ready() {
    Optional<Seen> seen = coordinator.get();
    if (seen.isEmpty()) {
      return starting();
    }
    boolean ended = seen.get().run().status().phase().ended();
    return new Condition(!ended, describe(seen.get()));
  }

  @Override
  public Condition live() {
    Optional<Seen> seen = coordinator.get();
    if (seen.isEmpty()) {
      return Condition.good("opening the journal");
    }
    long idle = seen.get().idleMillis();
    boolean ended = seen.get().run().status().phase().ended();
    return ended || idle <= LIMIT.toMillis()
        ? Condition.good(describe(seen.get()))
        : Condition.bad(
            "stuck: the thread of the run has handled nothing for %d s, longer than %d s"
                .formatted(Duration.ofMillis(idle).toSeconds(), LIMIT.toSeconds()));
  }

  private static Condition starting() {
    return Condition.bad("opening the journal");
  }

  private static String describe(Seen seen) {
    RunStatus status = seen.run().status();
    return "%s, %d of %d steps: %s"
        .formatted(
            status.phase().name().toLowerCase(Locale.ROOT),
            status.steps(),
            status.totalSteps(),
            status.detail());
  }
}
