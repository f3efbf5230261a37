package io.lockstep.operations.trace;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/** A collector that keeps what is sent to it. */
public final class Collector implements AutoCloseable {

  private final HttpServer server;

  // Guarded by this.
  private final List<Told> told = new ArrayList<>();
  private final List<String> authorizations = new ArrayList<>();

  /**
   * A span as it came.
   *
   * @param service the process's {@code service.name}
   * @param parent empty for none
   * @param attributes as texts
   */
  public record Told(
      String service,
      String name,
      String trace,
      String id,
      String parent,
      long begin,
      long end,
      Map<String, String> attributes) {}

  private Collector(HttpServer server) {
    this.server = server;
  }

  /** Begins to listen on a free port of this machine. */
  public static Collector start() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    Collector collector = new Collector(server);
    server.createContext("/v1/traces", collector::take);
    server.start();
    return collector;
  }

  /** Its address, as options take it. */
  public String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private synchronized void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
      InputStream body = exchange.getRequestBody();
      boolean packed = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      ExportTraceServiceRequest request =
          ExportTraceServiceRequest.parseFrom(packed ? new GZIPInputStream(body) : body);
      for (ResourceSpans resource : request.getResourceSpansList()) {
        String service =
            attributes(resource.getResource().getAttributesList()).getOrDefault("service.name", "");
        resource
            .getScopeSpansList()
            .forEach(scope ->
                scope
                    .getSpansList()
                    .forEach(span ->
                        told.add(
                            new Told(
                                service,
                                span.getName(),
                                hex(span.getTraceId().toByteArray()),
                                hex(span.getSpanId().toByteArray()),
                                hex(span.getParentSpanId().toByteArray()),
                                span.getStartTimeUnixNano(),
                                span.getEndTimeUnixNano(),
                                attributes(span.getAttributesList())))));
      }
      exchange.sendResponseHeaders(200, -1);
    }
    notifyAll();
  }

  private static String hex(byte[] id) {
    return HexFormat.of().formatHex(id);
  }

  private static Map<String, String> attributes(List<KeyValue> list) {
    Map<String, String> attributes = new TreeMap<>();
    for (KeyValue each : list) {
      attributes.put(
          each.getKey(),
          switch (each.getValue().getValueCase()) {
            case STRING_VALUE -> each.getValue().getStringValue();
            case INT_VALUE -> Long.toString(each.getValue().getIntValue());
            case DOUBLE_VALUE -> Double.toString(each.getValue().getDoubleValue());
            default -> each.getValue().toString();
          });
    }
    return attributes;
  }

  /** What came so far. */
  public synchronized List<Told> told() {
    return List.copyOf(told);
  }

  /** What came in requests' header of that name. */
  public synchronized List<String> authorizations() {
    return List.copyOf(authorizations);
  }

  /** Waits for a span of this name. */
  public synchronized Told await(String name) throws InterruptedException {
    while (true) {
      Optional<Told> found = told.stream().filter(span -> span.name().equals(name)).findFirst();
      if (found.isPresent()) {
        return found.get();
      }
      wait();
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
