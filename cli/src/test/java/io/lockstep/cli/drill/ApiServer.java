package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The API server that kubectl talks to. Objects are kept by fabric8's mock server in CRUD mode. In
 * front of it stands what that doesn't serve: what there is ({@link ApiResources}), the subresource
 * {@code scale}, strategic merges, watches over plain HTTP, and deletion without grace.
 */
final class ApiServer implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SCALE = "/scale";
  private static final int WATCH_MILLIS = 50;

  private final KubernetesCrudDispatcher dispatcher = new KubernetesCrudDispatcher();
  private final Kept kept = new Kept(this::keep);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer front;

  /** The last state of objects that are gone, by their paths: watches tell of them. */
  private final Map<String, ObjectNode> gone = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /** Starts one on a free port. */
  ApiServer() throws IOException {
    front = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    front.createContext("/", this::handle);
    front.setExecutor(threads);
    front.start();
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + front.getAddress().getPort());
  }

  /** Its objects, for controllers. */
  Kept objects() {
    return new Kept((method, path, body) -> answer(method, URI.create(path), "", body));
  }

  /** Asks what keeps the objects. */
  private synchronized Kept.Answer keep(String method, String path, String body) {
    HttpMethod known =
        switch (method) {
          case "GET" -> HttpMethod.GET;
          case "POST" -> HttpMethod.POST;
          case "PUT" -> HttpMethod.PUT;
          case "DELETE" -> HttpMethod.DELETE;
          default -> throw new IllegalArgumentException(method);
        };
    MockResponse response =
        dispatcher.dispatch(
            new RecordedRequest(
                "HTTP/1.1",
                known,
                path,
                Headers.builder().build(),
                new Buffer(body.getBytes(StandardCharsets.UTF_8))));
    if (response.code() == 404) {
      return missing();
    }
    Buffer content = response.getBody();
    return new Kept.Answer(
        response.code(),
        content == null ? "" : new String(content.getBytes(), StandardCharsets.UTF_8));
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      URI uri = exchange.getRequestURI();
      if (query(uri).getOrDefault("watch", "").matches("1|true")) {
        watch(exchange, uri);
        return;
      }
      Kept.Answer answer;
      try {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        answer = answer(exchange.getRequestMethod(), uri, type, body);
      } catch (IOException | RuntimeException e) {
        // kubectl's user is to see it.
        answer = status(500, exchange.getRequestMethod() + " " + uri + ": " + e);
      }
      byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Kept.Answer answer(String method, URI uri, String type, String body) throws IOException {
    String path = uri.getPath();
    Optional<ObjectNode> there = ApiResources.answer(path);
    if (there.isPresent()) {
      return new Kept.Answer(200, there.get().toString());
    }
    if (path.endsWith(SCALE)) {
      return scale(path.substring(0, path.length() - SCALE.length()), body);
    }
    return switch (method) {
      case "PATCH" -> patch(path, type, body);
      case "DELETE" -> delete(path, body);
      case "POST" -> {
        ObjectNode object = (ObjectNode) JSON.readTree(body);
        gone.remove(path + "/" + object.at("/metadata/name").asText());
        if (object.path("kind").asText().equals("StatefulSet")) {
          // A default that kubectl rollout looks at.
          object.withObject("/spec/updateStrategy").put("type", "RollingUpdate");
        }
        yield keep(method, path, object.toString());
      }
      default -> keep(method, uri.toString(), body);
    };
  }

  /** Reads or changes how many replicas an object is to have. */
  private Kept.Answer scale(String path, String body) throws IOException {
    JsonNode wanted =
        body.isBlank() ? JSON.missingNode() : JSON.readTree(body).at("/spec/replicas");
    return found(
        kept.change(
                path,
                object -> {
                  if (wanted.isInt()) {
                    ((ObjectNode) object.get("spec")).set("replicas", wanted);
                  }
                })
            .map(ApiServer::scaled));
  }

  private static ObjectNode scaled(ObjectNode object) {
    ObjectNode scale =
        JSON.createObjectNode().put("kind", "Scale").put("apiVersion", "autoscaling/v1");
    scale.set("metadata", object.get("metadata"));
    scale.putObject("spec").set("replicas", object.at("/spec/replicas"));
    scale.putObject("status").put("replicas", object.at("/status/replicas").asInt());
    return scale;
  }

  private Kept.Answer patch(String path, String type, String body) throws IOException {
    JsonNode patch = JSON.readTree(body);
    return switch (type) {
      case "application/strategic-merge-patch+json" ->
          found(kept.change(path, object -> StrategicMerge.apply(object, patch)));
      case "application/merge-patch+json" ->
          found(
              kept.change(
                  path,
                  object -> {
                    try {
                      JSON.readerForUpdating(object).readValue(patch);
                    } catch (IOException e) {
                      throw new IllegalArgumentException(e);
                    }
                  }));
      default -> throw new IllegalArgumentException("a patch of " + type);
    };
  }

  /**
   * An object with finalizers is marked and stays until they are removed, which is how a pod waits
   * for its kubelet; without grace it goes at once.
   */
  private Kept.Answer delete(String path, String body) throws IOException {
    JsonNode options = body.isBlank() ? JSON.missingNode() : JSON.readTree(body);
    Optional<ObjectNode> before = kept.get(path);
    if (options.path("gracePeriodSeconds").asInt(1) == 0) {
      kept.change(path, object -> ((ObjectNode) object.get("metadata")).remove("finalizers"));
    }
    if (kept.get(path).isPresent()) {
      kept.delete(path);
    }
    Optional<ObjectNode> after = kept.get(path);
    if (after.isEmpty()) {
      before.ifPresent(object -> gone.put(path, object));
    }
    return found(after.or(() -> before));
  }

  private static Kept.Answer found(Optional<ObjectNode> object) {
    return object.map(node -> new Kept.Answer(200, node.toString())).orElseGet(ApiServer::missing);
  }

  private static Kept.Answer missing() {
    return status(404, "not found");
  }

  private static Kept.Answer status(int code, String message) {
    ObjectNode status =
        JSON.createObjectNode()
            .put("kind", "Status")
            .put("apiVersion", "v1")
            .put("status", "Failure")
            .put("reason", code == 404 ? "NotFound" : "InternalError")
            .put("message", message)
            .put("code", code);
    return new Kept.Answer(code, status.toString());
  }

  /** Tells of changes, line by line, until the caller has gone or the time that it gave is over. */
  private void watch(HttpExchange exchange, URI uri) throws IOException, InterruptedException {
    Map<String, String> query = query(uri);
    long until =
        System.nanoTime()
            + Long.parseLong(query.getOrDefault("timeoutSeconds", "600")) * 1_000_000_000L;
    String seen = query.getOrDefault("resourceVersion", "");
    String selected = selected(uri);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    Map<String, ObjectNode> known = new HashMap<>();
    boolean first = true;
    try (OutputStream out = exchange.getResponseBody()) {
      while (!closed && System.nanoTime() < until) {
        Map<String, ObjectNode> now = new HashMap<>();
        for (ObjectNode object : kept.list(selected)) {
          now.put(object.at("/metadata/uid").asText(), object);
        }
        for (Map.Entry<String, ObjectNode> each : now.entrySet()) {
          ObjectNode before = known.get(each.getKey());
          boolean old = first && !seen.isEmpty() && version(each.getValue()) <= version(seen);
          if (!old && !each.getValue().equals(before)) {
            event(out, before == null ? "ADDED" : "MODIFIED", each.getValue());
          }
        }
        if (first) {
          goneSince(uri, seen).forEach((uid, object) -> known.putIfAbsent(uid, object));
        }
        for (Map.Entry<String, ObjectNode> each : known.entrySet()) {
          if (!now.containsKey(each.getKey())) {
            event(out, "DELETED", each.getValue());
          }
        }
        known.clear();
        known.putAll(now);
        first = false;
        out.flush();
        Thread.sleep(WATCH_MILLIS);
      }
    }
  }

  /** Objects that the caller of a watch has seen, and that are gone. */
  private Map<String, ObjectNode> goneSince(URI uri, String seen) {
    Map<String, ObjectNode> objects = new HashMap<>();
    String field = query(uri).getOrDefault("fieldSelector", "");
    if (!seen.isEmpty() && field.startsWith("metadata.name=")) {
      ObjectNode object =
          gone.get(uri.getPath() + "/" + field.substring("metadata.name=".length()));
      if (object != null) {
        objects.put(object.at("/metadata/uid").asText(), object);
      }
    }
    return objects;
  }

  private static void event(OutputStream out, String type, ObjectNode object) throws IOException {
    ObjectNode event = JSON.createObjectNode().put("type", type);
    event.set("object", object);
    out.write((event + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** The list that a watch is of: the server in CRUD mode takes selectors alone. */
  private static String selected(URI uri) {
    StringBuilder path = new StringBuilder(uri.getPath());
    String separator = "?";
    for (String part : String.valueOf(uri.getRawQuery()).split("&", -1)) {
      if (part.startsWith("fieldSelector=") || part.startsWith("labelSelector=")) {
        path.append(separator).append(part);
        separator = "&";
      }
    }
    return path.toString();
  }

  private static long version(ObjectNode object) {
    return version(object.at("/metadata/resourceVersion").asText());
  }

  private static long version(String text) {
    return text.isEmpty() ? 0 : Long.parseLong(text);
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new HashMap<>();
    if (uri.getQuery() != null) {
      for (String part : uri.getQuery().split("&", -1)) {
        int at = part.indexOf('=');
        query.put(at < 0 ? part : part.substring(0, at), at < 0 ? "" : part.substring(at + 1));
      }
    }
    return query;
  }

  @Override
  public void close() {
    closed = true;
    front.stop(0);
    threads.shutdownNow();
  }
}
