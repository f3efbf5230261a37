package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Objects that a server of Kubernetes' interface keeps, by their paths.
 *
 * @param server answers requests
 */
record Kept(Server server) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ATTEMPTS = 50;
  private static final int MISSING = 404;
  private static final int CONFLICT = 409;

  /** An answer as it came. */
  record Answer(int status, String body) {

    boolean good() {
      return status < 300;
    }
  }

  /** Who answers. */
  interface Server {

    /** Answers a request whose body is JSON, or empty. */
    Answer send(String method, String path, String body) throws IOException;
  }

  private Answer send(String method, String path, String body) throws IOException {
    return server.send(method, path, body);
  }

  /** The object of a path; empty if there is none. */
  Optional<ObjectNode> get(String path) throws IOException {
    Answer answer = send("GET", path, "");
    return answer.status() == MISSING
        ? Optional.empty()
        : Optional.of((ObjectNode) JSON.readTree(good(answer, path).body()));
  }

  /** The objects below a path. */
  List<ObjectNode> list(String path) throws IOException {
    List<ObjectNode> items = new ArrayList<>();
    for (JsonNode item : JSON.readTree(good(send("GET", path, ""), path).body()).path("items")) {
      items.add((ObjectNode) item);
    }
    return items;
  }

  /** Adds an object below a path. */
  void create(String path, ObjectNode object) throws IOException {
    good(send("POST", path, object.toString()), path);
  }

  /** Removes an object, if it is there. */
  void delete(String path) throws IOException {
    Answer answer = send("DELETE", path, "");
    if (answer.status() != MISSING) {
      good(answer, path);
    }
  }

  /**
   * Changes an object, also where somebody else does so at the same time.
   *
   * @return what became of it; empty if it isn't there
   */
  Optional<ObjectNode> change(String path, Consumer<ObjectNode> change) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<ObjectNode> found = get(path);
      if (found.isEmpty()) {
        return found;
      }
      ObjectNode object = found.get();
      ObjectNode before = object.deepCopy();
      change.accept(object);
      if (object.equals(before)) {
        return found;
      }
      Answer answer = send("PUT", path, object.toString());
      if (answer.status() == MISSING) {
        return Optional.empty();
      }
      if (answer.status() != CONFLICT) {
        String body = good(answer, path).body();
        return Optional.of(body.isBlank() ? object : (ObjectNode) JSON.readTree(body));
      }
    }
    throw new IOException(path + " changes all the time");
  }

  private static Answer good(Answer answer, String path) throws IOException {
    if (!answer.good()) {
      throw new IOException(path + ": " + answer);
    }
    return answer;
  }
}
