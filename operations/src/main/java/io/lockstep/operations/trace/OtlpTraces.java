package io.lockstep.operations.trace;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Spans to a collector, through OpenTelemetry's SDK: in batches, from a thread of its own. A
 * collector that is away costs spans, never the work that they tell of; that it is away is logged
 * once, until it answers again.
 */
public final class OtlpTraces implements Traces {

  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(OtlpTraces.class);

  /** Speaks of each failure itself, with stack traces. Kept here, or its level is forgotten. */
  private static final Logger LIBRARY = Logger.getLogger("io.opentelemetry");

  private static final Duration EXPORT = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final int QUEUE = 16_384;
  private static final int CLOSE_SECONDS = 5;

  private final SdkTracerProvider provider;
  private final Tracer tracer;

  /** What {@link System#nanoTime} has to be added to for Unix time. */
  private final long epoch =
      TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - System.nanoTime();

  private OtlpTraces(OtlpEndpoint endpoint, Map<String, String> process) {
    OtlpHttpSpanExporterBuilder exporter =
        OtlpHttpSpanExporter.builder().setEndpoint(endpoint.traces().toString()).setTimeout(EXPORT);
    endpoint.headers().forEach(exporter::addHeader);
    AttributesBuilder resource = Attributes.builder();
    process.forEach(resource::put);
    provider =
        SdkTracerProvider.builder()
            .setResource(Resource.create(resource.build()))
            .setIdGenerator(new Ids())
            .addSpanProcessor(
                BatchSpanProcessor.builder(new Telling(exporter.build(), endpoint))
                    .setMaxQueueSize(QUEUE)
                    .setScheduleDelay(PAUSE)
                    .build())
            .build();
    tracer = provider.get("io.lockstep");
  }

  /**
   * Begins to send.
   *
   * @param process what the process is, such as {@code service.name}
   */
  public static Traces to(OtlpEndpoint endpoint, Map<String, String> process) {
    LIBRARY.setLevel(Level.OFF);
    return new OtlpTraces(endpoint, process);
  }

  @Override
  public void begin(TraceContext self, Supplier<Span> span) {
    Ids.NEXT.set(self);
    try {
      tell(span.get(), Context.root());
    } finally {
      Ids.NEXT.remove();
    }
  }

  @Override
  public void part(TraceContext parent, Supplier<Span> span) {
    SpanContext remote =
        SpanContext.createFromRemoteParent(
            parent.traceId(),
            parent.spanId(),
            parent.sampled() ? TraceFlags.getSampled() : TraceFlags.getDefault(),
            TraceState.getDefault());
    tell(span.get(), Context.root().with(io.opentelemetry.api.trace.Span.wrap(remote)));
  }

  @Override
  public void alone(Supplier<Span> span) {
    tell(span.get(), Context.root());
  }

  private void tell(Span span, Context parent) {
    SpanBuilder builder =
        tracer
            .spanBuilder(span.name())
            .setParent(parent)
            .setSpanKind(SpanKind.INTERNAL)
            .setStartTimestamp(epoch + span.begin(), TimeUnit.NANOSECONDS);
    span.attributes()
        .forEach((name, value) -> {
          switch (value) {
            case Long number -> builder.setAttribute(name, number);
            case Integer number -> builder.setAttribute(name, number.longValue());
            case Double number -> builder.setAttribute(name, number);
            case Boolean truth -> builder.setAttribute(name, truth);
            default -> builder.setAttribute(name, value.toString());
          }
        });
    io.opentelemetry.api.trace.Span told = builder.startSpan();
    Ids.NEXT.remove();
    Context own = parent.with(told);
    span.parts().forEach(part -> tell(part, own));
    told.end(epoch + span.end(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    provider.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
  }

  /** Random identifiers, but for the next span if others know it by another name. */
  private static final class Ids implements IdGenerator {
    /** Of the thread that tells; tells by one process don't nest. */
    private static final ThreadLocal<@Nullable TraceContext> NEXT = new ThreadLocal<>();

    private final IdGenerator random = IdGenerator.random();

    @Override
    public String generateSpanId() {
      TraceContext known = NEXT.get();
      return known == null ? random.generateSpanId() : known.spanId();
    }

    @Override
    public String generateTraceId() {
      TraceContext known = NEXT.get();
      return known == null ? random.generateTraceId() : known.traceId();
    }
  }

  /** Says when a collector takes nothing, and when it does again. */
  private record Telling(SpanExporter exporter, OtlpEndpoint endpoint, AtomicBoolean away)
      implements SpanExporter {

    Telling(SpanExporter exporter, OtlpEndpoint endpoint) {
      this(exporter, endpoint, new AtomicBoolean());
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      CompletableResultCode result = exporter.export(spans);
      return result.whenComplete(() -> {
        if (result.isSuccess() && away.getAndSet(false)) {
          LOG.info("traces reach {} again", endpoint);
        } else if (!result.isSuccess() && !away.getAndSet(true)) {
          LOG.warn("traces don't reach {} and are lost until they do", endpoint);
        }
      });
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }
  }
}
