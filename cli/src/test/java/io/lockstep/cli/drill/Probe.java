package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;

/**
 * A probe of a manifest, with Kubernetes' defaults for what that doesn't say. As a kubelet's, it
 * opens a connection each time and looks at no certificate.
 *
 * @param address what is asked
 * @param period from one question to the next
 * @param timeout after which no answer is a failure
 * @param failures in a row, after which it has failed
 */
record Probe(URI address, Duration period, Duration timeout, int failures) {

  /** What came of a question. */
  record Outcome(boolean good, String text) {}

  /**
   * The probe of a container.
   *
   * @param hurry by how much waiting between questions is shortened; time-outs stay, since machines
   *     are no faster
   */
  static Probe of(JsonNode container, String name, String host, int hurry) {
    JsonNode spec = container.get(name);
    JsonNode get = spec.get("httpGet");
    int port = get.get("port").asInt();
    for (JsonNode named : container.path("ports")) {
      if (named.get("name").equals(get.get("port"))) {
        port = named.get("containerPort").asInt();
      }
    }
    String scheme = get.path("scheme").asText("HTTP").toLowerCase(Locale.ROOT);
    return new Probe(
        URI.create("%s://%s:%d%s".formatted(scheme, host, port, get.get("path").asText())),
        Duration.ofSeconds(spec.path("periodSeconds").asInt(10)).dividedBy(hurry),
        Duration.ofSeconds(spec.path("timeoutSeconds").asInt(1)),
        spec.path("failureThreshold").asInt(3));
  }

  /** Asks once. */
  Outcome ask() {
    try {
      return Https.get(address, timeout, "");
    } catch (IOException e) {
      return new Outcome(false, e.getClass().getSimpleName() + " " + e.getMessage());
    }
  }
}
