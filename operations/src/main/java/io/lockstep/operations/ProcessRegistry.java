package io.lockstep.operations;

import io.lockstep.security.TransportSecurity;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Optional;

/** What every process tells of itself, and the names of what it adds. */
public final class ProcessRegistry {

  private static final double MILLIS = 1e3;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final String prefix;
  private final Counter droppedHttpConnections;

  /**
   * Metrics of a process: memory, garbage collection, files and CPU time of its JVM, and when its
   * certificate expires.
   *
   * <p>Metrics of threads are left out: looking for deadlocks at each scrape stops all threads.
   *
   * @param process what stands in each name, such as {@code worker}
   * @param tls its certificates
   */
  public ProcessRegistry(String process, Optional<TransportSecurity> tls) {
    prefix = "lockstep_" + process + "_";
    ProcessMetrics.builder().register(registry);
    JvmMemoryMetrics.builder().register(registry);
    JvmGarbageCollectorMetrics.builder().register(registry);
    JvmBufferPoolMetrics.builder().register(registry);
    JvmRuntimeInfoMetric.builder().register(registry);
    GaugeWithCallback.builder()
        .name(name("certificate_expiry_timestamp_seconds"))
        .help("When the process's own certificate ceases to hold, Unix time; absent without one.")
        .callback(callback ->
            tls.flatMap(TransportSecurity::expires)
                .ifPresent(expires -> callback.call(expires.toEpochMilli() / MILLIS)))
        .register(registry);
    droppedHttpConnections =
        Counter.builder()
            .name(name("http_dropped_connections_total"))
            .help("Connections to the HTTP port that ended without a request.")
            .register(registry);
  }

  /** Counts connections to the process's HTTP port that ended without a request. */
  Counter droppedHttpConnections() {
    return droppedHttpConnections;
  }

  /** A metric's full name. */
  public String name(String metric) {
    return prefix + metric;
  }

  /** Where metrics are registered. */
  public PrometheusRegistry registry() {
    return registry;
  }
}
