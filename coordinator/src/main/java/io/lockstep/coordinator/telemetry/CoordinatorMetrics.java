package io.lockstep.coordinator.telemetry;

import io.lockstep.coordinator.NoticeKind;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunObservation;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.rpc.CoordinatorServer;
import io.lockstep.data.plan.Pace;
import io.lockstep.operations.ProcessRegistry;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Metrics of a coordinator, listed in docs/operations.md. A scrape reads what the run's thread has
 * published last and asks it nothing.
 */
public final class CoordinatorMetrics {

  private static final double MILLIS = 1e3;

  private final ProcessRegistry process;
  private final Supplier<Optional<CoordinatorServer>> server;

  private CoordinatorMetrics(
      ProcessRegistry process, Supplier<Optional<CoordinatorServer>> server) {
    this.process = process;
    this.server = server;
  }

  /**
   * Registers them.
   *
   * @param server empty until it has started
   */
  public static void register(
      ProcessRegistry process, RunPlan plan, Supplier<Optional<CoordinatorServer>> server) {
    CoordinatorMetrics metrics = new CoordinatorMetrics(process, server);
    metrics.plan(plan);
    metrics.phase();
    metrics.steps();
    metrics.members();
    metrics.checkpoints();
    metrics.notices();
  }

  private void plan(RunPlan plan) {
    gauge("wanted_workers", "Workers that the run was to begin with.", _ -> plan.workers());
    gauge(
        "checkpoint_interval_steps",
        "Steps between checkpoints at regular distances; 0 if there are none on the way.",
        _ -> (double) plan.checkpoints().everySteps());
    maybe(
        "disk_free_bytes",
        "Bytes that can still be written to the disk of the run's folder.",
        _ -> freeBytes(plan.outputDir()));
  }

  private void phase() {
    GaugeWithCallback.builder()
        .name(process.name("phase"))
        .help("1 for the phase that the run is in, 0 for the others.")
        .labelNames("phase")
        .callback(callback ->
            run()
                .ifPresent(run -> {
                  for (Phase phase : Phase.values()) {
                    callback.call(
                        run.status().phase() == phase ? 1 : 0,
                        phase.name().toLowerCase(Locale.ROOT));
                  }
                }))
        .register(process.registry());
  }

  private void steps() {
    gauge(
        "committed_steps",
        "Committed steps; fewer after a rewind.",
        run -> (double) status(run).steps());
    gauge(
        "planned_steps",
        "Steps after which the run ends: all, or fewer once it is drained.",
        run -> (double) run.endAt());
    maybe(
        "loss",
        "Mean loss per supervised token of the last committed step, in nats.",
        run -> status(run).steps() > 0 ? known(status(run).loss()) : OptionalDouble.empty());
    gauge(
        "steps_per_second",
        "Smoothed rate of steps without pauses between memberships; 0 while none is known.",
        run -> status(run).stepsPerSecond());
    maybe(
        "remaining_seconds",
        "Seconds to the last step at that rate; absent while none is known.",
        run ->
            status(run)
                .remaining()
                .map(Pace.Remaining::seconds)
                .map(OptionalDouble::of)
                .orElseGet(OptionalDouble::empty));
    gauge(
        "last_step_timestamp_seconds",
        "When the last step was committed, Unix time; before the first, when the coordinator"
            + " started.",
        run -> seconds(run.lastStep()));
  }

  private void members() {
    GaugeWithCallback.builder()
        .name(process.name("workers"))
        .help("Workers by state: members of the present membership, and those that wait for one.")
        .labelNames("state")
        .callback(callback ->
            run()
                .ifPresent(run -> {
                  long members =
                      status(run).workers().stream().filter(worker -> worker.rank() >= 0).count();
                  callback.call((double) members, "member");
                  callback.call((double) (status(run).workers().size() - members), "waiting");
                }))
        .register(process.registry());
    gauge(
        "membership_epoch",
        "Number of the newest membership, 0 before the first.",
        run -> (double) status(run).generation());
  }

  private void checkpoints() {
    maybe(
        "last_checkpoint_step",
        "Committed steps that the newest checkpoint holds; absent before the first.",
        run ->
            run.lastCheckpoint()
                .map(saved -> OptionalDouble.of((double) saved.steps()))
                .orElseGet(OptionalDouble::empty));
    maybe(
        "last_checkpoint_timestamp_seconds",
        "When the newest checkpoint was complete, Unix time; absent before the first.",
        run ->
            run.lastCheckpoint()
                .map(saved -> OptionalDouble.of(seconds(saved.at())))
                .orElseGet(OptionalDouble::empty));
  }

  private void notices() {
    CounterWithCallback.builder()
        .name(process.name("notices_total"))
        .help("What people are told of, by kind, also where a flood of them is not said.")
        .labelNames("kind")
        .callback(callback ->
            run()
                .ifPresent(run -> {
                  for (NoticeKind kind : NoticeKind.values()) {
                    callback.call((double) run.notices().getOrDefault(kind, 0L), kind.label());
                  }
                }))
        .register(process.registry());
    CounterWithCallback.builder()
        .name(process.name("refused_calls_total"))
        .help("Calls that were refused because of their token, or of a greeting that is repeated.")
        .callback(callback ->
            server.get().ifPresent(present -> callback.call((double) present.refusedCalls())))
        .register(process.registry());
    CounterWithCallback.builder()
        .name(process.name("dropped_connections_total"))
        .help("Connections that ended without a call.")
        .callback(callback ->
            server.get().ifPresent(present -> callback.call((double) present.droppedConnections())))
        .register(process.registry());
  }

  private interface Value {
    double of(RunObservation run);
  }

  private void gauge(String name, String help, Value value) {
    maybe(name, help, run -> OptionalDouble.of(value.of(run)));
  }

  private void maybe(String name, String help, Function<RunObservation, OptionalDouble> value) {
    GaugeWithCallback.builder()
        .name(process.name(name))
        .help(help)
        .callback(callback -> run().ifPresent(run -> value.apply(run).ifPresent(callback::call)))
        .register(process.registry());
  }

  private Optional<RunObservation> run() {
    return server.get().map(CoordinatorServer::observation);
  }

  private static RunStatus status(RunObservation run) {
    return run.status();
  }

  private static OptionalDouble known(double value) {
    return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
  }

  private static double seconds(Instant at) {
    return at.toEpochMilli() / MILLIS;
  }

  /** A disk that can't be asked is no reason to tell nothing else. */
  private static OptionalDouble freeBytes(Path dir) {
    try {
      return OptionalDouble.of((double) Files.getFileStore(dir).getUsableSpace());
    } catch (IOException e) {
      return OptionalDouble.empty();
    }
  }
}
