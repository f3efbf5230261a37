package io.lockstep.gateway.telemetry;

import io.lockstep.operations.ProcessRegistry;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import java.util.function.LongSupplier;

/** Those whom a gateway has turned away before they could ask for anything, as metrics. */
public final class StrangerMetrics {

  private StrangerMetrics() {}

  /**
   * Registers them.
   *
   * @param refused calls that were refused because of their token
   * @param dropped connections that ended without a request
   */
  public static void register(ProcessRegistry process, LongSupplier refused, LongSupplier dropped) {
    counter(
        process, "refused_calls_total", "Calls that were refused because of their token.", refused);
    counter(
        process, "dropped_connections_total", "Connections that ended without a request.", dropped);
  }

  private static void counter(
      ProcessRegistry process, String name, String help, LongSupplier value) {
    CounterWithCallback.builder()
        .name(process.name(name))
        .help(help)
        .callback(callback -> callback.call((double) value.getAsLong()))
        .register(process.registry());
  }
}
