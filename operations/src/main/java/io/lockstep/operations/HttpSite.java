package io.lockstep.operations;

import io.lockstep.security.ServerSecurity;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an HTTP port answers, and whom.
 *
 * <p>Probes ask for no token. Everything else does where the address has tokens: as a bearer token,
 * or as the password of HTTP's basic scheme, which browsers ask people for; or a certificate of the
 * client, where the address asks for those and for no token.
 */
final class HttpSite {

  private static final Logger LOG = LoggerFactory.getLogger(HttpSite.class);
  private static final String BEARER = "Bearer ";
  private static final String BASIC = "Basic ";

  private final ServerSecurity security;

  /** Longer paths first: the most special one answers. */
  private final Map<String, Place> places =
      new TreeMap<>(Comparator.comparingInt(String::length).reversed().thenComparing(path -> path));

  private record Place(Page page, boolean open) {}

  private HttpSite(ServerSecurity security) {
    this.security = security;
  }

  /**
   * Whoever asks, and for what.
   *
   * @param authorization the header of this name
   * @param hasCertificate whether the connection has shown a certificate that is trusted
   */
  record Request(String method, URI uri, Optional<String> authorization, boolean hasCertificate) {}

  /**
   * What is answered.
   *
   * @param headers besides those of all answers
   */
  record Answer(Page.Content content, Map<String, String> headers) {
    Answer {
      headers = Map.copyOf(headers);
    }

    private static Answer of(Page.Content content) {
      return new Answer(content, Map.of());
    }
  }

  /**
   * Of a process.
   *
   * @param pages by their paths, besides probes and metrics
   */
  static HttpSite of(
      ServerSecurity security, Health health, PrometheusRegistry metrics, Map<String, Page> pages) {
    HttpSite site = new HttpSite(security);
    site.places.put("/startupz", new Place(probe(health::started), true));
    site.places.put("/readyz", new Place(probe(health::ready), true));
    site.places.put("/livez", new Place(probe(health::live), true));
    site.places.put("/metrics", new Place(metrics(metrics), false));
    pages.forEach((path, page) -> site.places.put(path, new Place(page, false)));
    return site;
  }

  private static Page probe(Supplier<Health.Condition> condition) {
    return (path, query) -> {
      Health.Condition now = condition.get();
      return Page.Content.text(now.ok() ? 200 : 503, now.detail() + "\n");
    };
  }

  private static Page metrics(PrometheusRegistry registry) {
    PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    return (path, query) -> {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      writer.write(out, registry.scrape());
      return new Page.Content(200, writer.getContentType(), out.toByteArray());
    };
  }

  /** Answers whatever is asked. */
  Answer answer(Request request) {
    String path = request.uri().getPath();
    for (Map.Entry<String, Place> each : places.entrySet()) {
      if (path != null && path.startsWith(each.getKey())) {
        return each.getValue().open() || mayAsk(request)
            ? answer(request, each.getValue().page(), path.substring(each.getKey().length()))
            : refusal();
      }
    }
    return Answer.of(Page.Content.missing());
  }

  private static Answer answer(Request request, Page page, String rest) {
    if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
      return new Answer(
          Page.Content.text(405, "only GET and HEAD are answered\n"), Map.of("Allow", "GET, HEAD"));
    }
    try {
      return Answer.of(
          page.get(
              rest.startsWith("/") ? rest.substring(1) : rest, query(request.uri().getRawQuery())));
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} can't be answered", request.uri().getPath(), e);
      return Answer.of(Page.Content.text(500, "this can't be answered; the log says why\n"));
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

  private Answer refusal() {
    return security.tokens().isPresent()
        ? new Answer(
            Page.Content.text(401, "this page asks for a token\n"),
            Map.of("WWW-Authenticate", "Basic realm=\"lockstep\""))
        : Answer.of(Page.Content.text(401, "this page asks for a certificate\n"));
  }

  private boolean mayAsk(Request request) {
    return security
        .tokens()
        .map(tokens ->
            request.authorization().flatMap(HttpSite::token).flatMap(tokens::grant).isPresent())
        .orElseGet(() -> !security.clientCertificates() || request.hasCertificate());
  }

  private static Optional<String> token(String shown) {
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
}
