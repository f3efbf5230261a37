package io.lockstep.operations.trace;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Where a collector takes traces over OTLP/HTTP.
 *
 * @param traces the address that they are sent to
 * @param headers what goes with each request, such as a token; never shown
 */
public record OtlpEndpoint(URI traces, Map<String, String> headers) {

  private static final String PATH = "/v1/traces";

  public OtlpEndpoint {
    headers = Map.copyOf(headers);
  }

  /**
   * An endpoint as it is written in {@code OTEL_EXPORTER_OTLP_ENDPOINT}: traces go to {@code
   * v1/traces} below it.
   *
   * @param headers as in {@code OTEL_EXPORTER_OTLP_HEADERS}: {@code name=value,name=value}, values
   *     percent-encoded; may be empty
   * @param allowPlain whether other machines may be reached in plain text
   * @throws IllegalArgumentException in one line if it can't be used, or would show what is traced,
   *     and the headers, to the network
   */
  public static OtlpEndpoint of(String endpoint, String headers, boolean allowPlain) {
    URI uri;
    try {
      uri = new URI(endpoint.strip().replaceAll("/+$", ""));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(unusable(endpoint), e);
    }
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    boolean plain = scheme.equals("http");
    if (!(plain || scheme.equals("https")) || uri.getHost() == null || uri.getUserInfo() != null) {
      throw new IllegalArgumentException(unusable(endpoint));
    }
    if (plain && !allowPlain && !isLoopback(uri.getHost())) {
      throw new IllegalArgumentException(
          "traces would go to %s in plain text: give an https:// address, or --otlp-allow-plain on a network you trust"
              .formatted(uri.getHost()));
    }
    return new OtlpEndpoint(URI.create(uri + PATH), headers(headers));
  }

  private static String unusable(String endpoint) {
    return "'%s' is no endpoint for traces: write http://HOST:PORT or https://HOST:PORT, such as http://127.0.0.1:4318"
        .formatted(endpoint.replaceAll("//[^/@]*@", "//"));
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static Map<String, String> headers(String text) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        headers.put(
            part.substring(0, equals).strip(),
            URLDecoder.decode(part.substring(equals + 1).strip(), StandardCharsets.UTF_8));
      } else if (!part.isBlank()) {
        throw new IllegalArgumentException(
            "OTEL_EXPORTER_OTLP_HEADERS has a part without '=': write name=value,name=value");
      }
    }
    return headers;
  }

  /** Without the headers. */
  @Override
  public String toString() {
    return traces.toString();
  }
}
