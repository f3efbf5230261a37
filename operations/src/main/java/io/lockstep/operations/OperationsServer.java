package io.lockstep.operations;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.lockstep.security.ListenAddress;
import io.lockstep.security.ServerSecurity;
import io.lockstep.security.TransportSecurity;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process's HTTP port: {@code /startupz}, {@code /readyz} and {@code /livez} for an orchestrator,
 * {@code /metrics} for Prometheus, and pages for people. It reads and changes nothing: GET and HEAD
 * alone are answered.
 *
 * <p>Probes ask for no token. Everything else does where the address has tokens: as a bearer token,
 * or as the password of HTTP's basic scheme, which browsers ask people for; or a certificate of the
 * client, where the address asks for those and for no token.
 */
public final class OperationsServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OperationsServer.class);

  /** Answers that a stranger who asks slowly, or not at all, can hold up. */
  private static final int THREADS = 8;

  private static final String BEARER = "Bearer ";
  private static final String BASIC = "Basic ";

  static {
    // The server reads them once: seconds that a request may take to come, and how many may wait.
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
    System.setProperty("sun.net.httpserver.maxRspTime", "60");
    System.setProperty("sun.net.httpserver.idleInterval", "30");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "64");
    System.setProperty("jdk.httpserver.maxConnections", "256");
  }

  private final HttpServer server;
  private final ExecutorService threads;

  private OperationsServer(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Starts to listen.
   *
   * @param pages by their paths, such as {@code /} or {@code /logs/}
   * @throws IOException in one line if the port can't be had
   * @throws IllegalArgumentException if the address may not be listened on
   */
  public static OperationsServer start(
      ListenAddress address, Health health, PrometheusRegistry metrics, Map<String, Page> pages)
      throws IOException {
    InetSocketAddress where = address.resolve();
    HttpServer server = bound(where, address.security());
    ExecutorService threads =
        Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().daemon().name("operations-", 0).factory());
    server.setExecutor(threads);
    server.createContext("/startupz", probe(health::started));
    server.createContext("/readyz", probe(health::ready));
    server.createContext("/livez", probe(health::live));
    ServerSecurity security = address.security();
    server.createContext("/metrics", authorized(security, page("/metrics", metrics(metrics))));
    pages.forEach(
        (path, page) -> server.createContext(path, authorized(security, page(path, page))));
    server.start();
    return new OperationsServer(server, threads);
  }

  private static HttpServer bound(InetSocketAddress where, ServerSecurity security)
      throws IOException {
    try {
      if (security.tls().isEmpty()) {
        return HttpServer.create(where, 0);
      }
      HttpsServer server = HttpsServer.create(where, 0);
      server.setHttpsConfigurator(configurator(security));
      return server;
    } catch (IOException e) {
      throw new IOException(
          "can't listen on %s:%d for HTTP (%s): give another --http-port, 0 takes a free one"
              .formatted(where.getHostString(), where.getPort(), e.getMessage()),
          e);
    }
  }

  private static HttpsConfigurator configurator(ServerSecurity security) {
    TransportSecurity tls = security.tls().orElseThrow();
    try {
      SSLContext context = SSLContext.getInstance(TransportSecurity.PROTOCOL);
      context.init(new KeyManager[] {tls.keys()}, new TrustManager[] {tls.clients()}, null);
      return new HttpsConfigurator(context) {
        @Override
        public void configure(HttpsParameters parameters) {
          SSLParameters wanted = context.getDefaultSSLParameters();
          wanted.setProtocols(new String[] {TransportSecurity.PROTOCOL});
          // Probes come without one.
          wanted.setWantClientAuth(security.clientCertificates());
          parameters.setSSLParameters(wanted);
        }
      };
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has TLS 1.3", e);
    }
  }

  /** The port it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  private interface Condition {
    Health.Condition now();
  }

  private static HttpHandler probe(Condition condition) {
    return page(
        "",
        (path, query) -> {
          Health.Condition now = condition.now();
          return Page.Content.text(now.ok() ? 200 : 503, now.detail() + "\n");
        });
  }

  private static Page metrics(PrometheusRegistry registry) {
    PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    return (path, query) -> {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      writer.write(out, registry.scrape());
      return new Page.Content(200, writer.getContentType(), out.toByteArray());
    };
  }

  private static HttpHandler page(String at, Page page) {
    return exchange -> {
      try (exchange) {
        Page.Content content = content(exchange, at, page);
        var headers = exchange.getResponseHeaders();
        headers.set("Content-Type", content.type());
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set(
            "Content-Security-Policy",
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:;"
                + " frame-ancestors 'none'; base-uri 'none'");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(content.status(), head ? -1 : content.body().length);
        if (!head) {
          exchange.getResponseBody().write(content.body());
        }
      }
    };
  }

  private static Page.Content content(HttpExchange exchange, String at, Page page) {
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      return Page.Content.text(405, "only GET and HEAD are answered\n");
    }
    try {
      String path = exchange.getRequestURI().getPath().substring(at.length());
      return page.get(
          path.startsWith("/") ? path.substring(1) : path,
          query(exchange.getRequestURI().getRawQuery()));
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} can't be answered", exchange.getRequestURI().getPath(), e);
      return Page.Content.text(500, "this can't be answered; the log says why\n");
    }
  }

  private static Map<String, String> query(@Nullable String raw) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String part : raw == null ? new String[0] : raw.split("&", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        parameters.put(
            URLDecoder.decode(part.substring(0, equals), StandardCharsets.UTF_8),
            URLDecoder.decode(part.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return parameters;
  }

  private static HttpHandler authorized(ServerSecurity security, HttpHandler handler) {
    HttpHandler refused =
        page(
            "",
            (path, query) ->
                Page.Content.text(
                    401,
                    security.tokens().isPresent()
                        ? "this page asks for a token\n"
                        : "this page asks for a certificate\n"));
    return exchange -> {
      if (mayAsk(security, exchange)) {
        handler.handle(exchange);
      } else {
        if (security.tokens().isPresent()) {
          exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"lockstep\"");
        }
        refused.handle(exchange);
      }
    };
  }

  private static boolean mayAsk(ServerSecurity security, HttpExchange exchange) {
    if (security.tokens().isPresent()) {
      String shown = exchange.getRequestHeaders().getFirst("Authorization");
      return token(shown).flatMap(security.tokens().get()::grant).isPresent();
    }
    return !security.clientCertificates()
        || (exchange instanceof HttpsExchange encrypted && hasCertificate(encrypted));
  }

  private static boolean hasCertificate(HttpsExchange exchange) {
    try {
      return exchange.getSSLSession().getPeerCertificates().length > 0;
    } catch (SSLPeerUnverifiedException e) {
      return false;
    }
  }

  private static Optional<String> token(@Nullable String shown) {
    if (shown == null) {
      return Optional.empty();
    }
    if (shown.startsWith(BEARER)) {
      return Optional.of(shown.substring(BEARER.length()).strip());
    }
    if (!shown.startsWith(BASIC)) {
      return Optional.empty();
    }
    try {
      byte[] pair = Base64.getDecoder().decode(shown.substring(BASIC.length()).strip());
      String text = new String(pair, StandardCharsets.UTF_8);
      return Optional.of(text.substring(text.indexOf(':') + 1));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Frees the port; answers under way are cut off. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
