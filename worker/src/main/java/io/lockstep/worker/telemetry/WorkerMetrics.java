package io.lockstep.worker.telemetry;

import io.lockstep.operations.ProcessRegistry;
import io.lockstep.tensor.Torch;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import java.util.Locale;
import java.util.function.DoubleSupplier;

/**
 * Metrics of a worker, listed in docs/operations.md. A scrape asks nothing of the training thread.
 */
public final class WorkerMetrics {

  private final ProcessRegistry process;
  private final WorkerTelemetry worker;

  private WorkerMetrics(ProcessRegistry process, WorkerTelemetry worker) {
    this.process = process;
    this.worker = worker;
  }

  /** Registers them. */
  public static void register(ProcessRegistry process, WorkerTelemetry worker) {
    WorkerMetrics metrics = new WorkerMetrics(process, worker);
    metrics.steps();
    metrics.membership();
    metrics.exchanges();
    metrics.gauge(
        "resident_memory_bytes",
        "Memory that the process has resident, libtorch's included.",
        () -> (double) Torch.residentBytes());
  }

  private void steps() {
    GaugeWithCallback.builder()
        .name(process.name("last_step"))
        .help("The last committed step that it has applied, from 0; absent before the first.")
        .callback(callback -> worker.lastStep().ifPresent(step -> callback.call((double) step)))
        .register(process.registry());
    CounterWithCallback.builder()
        .name(process.name("step_seconds_total"))
        .help("Seconds of its steps by part.")
        .labelNames("part")
        .callback(callback -> {
          WorkerTelemetry.Times times = worker.times();
          for (WorkerTelemetry.Part part : WorkerTelemetry.Part.values()) {
            callback.call(times.of(part), part.name().toLowerCase(Locale.ROOT));
          }
        })
        .register(process.registry());
    counter(
        "steps_total",
        "Steps that it has applied since it started.",
        () -> (double) worker.times().steps());
    gauge("longest_step_seconds", "Its longest step so far.", () -> worker.times().longest());
  }

  private void membership() {
    gauge("rank", "Its rank in the newest membership; -1 before the first.", worker::rank);
    gauge(
        "membership_epoch",
        "Number of the newest membership that it knows; 0 before the first.",
        () -> (double) worker.membership());
    gauge(
        "member",
        "1 while it is a member of the newest membership, else 0.",
        () -> worker.isMember() ? 1 : 0);
  }

  private void exchanges() {
    counter(
        "sent_bytes_total",
        "Bytes given to other workers, frames included, through sockets and shared memory.",
        () -> (double) worker.sentBytes());
    counter(
        "stalls_total",
        "Times that an exchange has waited for a peer longer than usual.",
        () -> (double) worker.stalls());
    counter(
        "dropped_connections_total",
        "Connections to its port for peers that ended without becoming a peer's.",
        () -> (double) worker.dropped());
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(process.name(name))
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(process.registry());
  }

  private void counter(String name, String help, DoubleSupplier value) {
    CounterWithCallback.builder()
        .name(process.name(name))
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(process.registry());
  }
}
