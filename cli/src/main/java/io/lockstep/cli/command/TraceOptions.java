package io.lockstep.cli.command;

import io.lockstep.cli.console.UsageError;
import io.lockstep.operations.trace.OtlpEndpoint;
import io.lockstep.operations.trace.OtlpTraces;
import io.lockstep.operations.trace.Traces;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a process's traces go; nowhere unless it is asked for. */
public final class TraceOptions {

  private static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
  private static final String HEADERS = "OTEL_EXPORTER_OTLP_HEADERS";
  private static final String SERVICE = "OTEL_SERVICE_NAME";
  private static final String ALLOW_PLAIN = "LOCKSTEP_OTLP_ALLOW_PLAIN";

  @Option(
      names = "--otlp-endpoint",
      paramLabel = "URL",
      description =
          "Give traces to the OpenTelemetry collector at this address over OTLP/HTTP, such as"
              + " http://127.0.0.1:4318 (default: the environment's OTEL_EXPORTER_OTLP_ENDPOINT;"
              + " without it there are none).")
  private @Nullable String endpoint;

  @Option(
      names = "--otlp-allow-plain",
      description =
          "Let traces go to another machine in plain text; LOCKSTEP_OTLP_ALLOW_PLAIN=true in the"
              + " environment does so too.")
  private boolean allowPlain;

  /** These options as somebody would write them. */
  public String given() {
    return (endpoint == null ? "" : " --otlp-endpoint " + endpoint)
        + (allowPlain ? " --otlp-allow-plain" : "");
  }

  /**
   * Begins to give traces away, if it is asked for.
   *
   * @param service for example {@code lockstep-worker}
   * @param instance which of them
   * @throws UsageError if there is no such endpoint, or it may not be reached in plain text
   */
  public Traces open(String service, String instance) {
    Map<String, String> environment = System.getenv();
    String where = endpoint == null ? environment.getOrDefault(ENDPOINT, "") : endpoint;
    if (where.isBlank()) {
      return Traces.OFF;
    }
    try {
      return OtlpTraces.to(
          OtlpEndpoint.of(
              where,
              environment.getOrDefault(HEADERS, ""),
              allowPlain || Boolean.parseBoolean(environment.get(ALLOW_PLAIN))),
          Map.of(
              "service.name",
              environment.getOrDefault(SERVICE, service),
              "service.instance.id",
              instance));
    } catch (IllegalArgumentException e) {
      throw new UsageError(String.valueOf(e.getMessage()));
    }
  }
}
