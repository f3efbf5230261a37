package io.lockstep.gateway.telemetry;

import io.lockstep.operations.ProcessRegistry;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import java.util.function.LongSupplier;

/** How many calls of a gateway were refused because of their token, as a metric. */
public final class RefusedCalls {

  private RefusedCalls() {}

  /** Registers it. */
  public static void register(ProcessRegistry process, LongSupplier refused) {
    CounterWithCallback.builder()
        .name(process.name("refused_calls_total"))
        .help("Calls that were refused because of their token.")
        .callback(callback -> callback.call((double) refused.getAsLong()))
        .register(process.registry());
  }
}
