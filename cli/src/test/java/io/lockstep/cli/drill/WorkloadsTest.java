package io.lockstep.cli.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A StatefulSet of the drill's cluster, asked for as kubectl asks, without processes. */
class WorkloadsTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SETS = "/apis/apps/v1/namespaces/lockstep/statefulsets";
  private static final String PODS = "/api/v1/namespaces/lockstep/pods";

  private ApiServer server;
  private Workloads workloads;

  @BeforeEach
  void begin() throws Exception {
    server = new ApiServer();
    workloads = new Workloads(server.objects(), "lockstep");
    String set =
        """
        {"apiVersion": "apps/v1", "kind": "StatefulSet",
         "metadata": {"name": "worker", "namespace": "lockstep"},
         "spec": {"replicas": 2, "podManagementPolicy": "Parallel",
          "template": {"metadata": {"labels": {}},
           "spec": {"containers": [{"name": "worker", "image": "a:1", "args": ["x"]}]}}}}
        """;
    server.objects().create(SETS, (ObjectNode) JSON.readTree(set));
  }

  @AfterEach
  void end() {
    server.close();
  }

  private void patch(String path, String type, String body) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(server.address() + SETS + path))
              .header("Content-Type", type)
              .method("PATCH", HttpRequest.BodyPublishers.ofString(body))
              .build();
      assertEquals(200, http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
    }
  }

  private void scale(int replicas) throws Exception {
    patch(
        "/worker/scale",
        "application/merge-patch+json",
        "{\"spec\": {\"replicas\": %d}}".formatted(replicas));
    workloads.reconcile();
  }

  /** Names and images of pods, with a mark at those that are to end. */
  private List<String> pods() throws Exception {
    List<String> pods = new ArrayList<>();
    for (ObjectNode pod : server.objects().list(PODS)) {
      String mark = pod.at("/metadata").has("deletionTimestamp") ? "!" : "";
      pods.add(
          pod.at("/metadata/name").asText()
              + " "
              + pod.at("/spec/containers/0/image").asText()
              + mark);
    }
    return pods.stream().sorted().toList();
  }

  /** What a kubelet does: pods that are to end go, the others become ready. */
  private void settle() throws Exception {
    for (ObjectNode pod : server.objects().list(PODS)) {
      String path = PODS + "/" + pod.at("/metadata/name").asText();
      if (pod.at("/metadata").has("deletionTimestamp")) {
        server
            .objects()
            .change(path, object -> ((ObjectNode) object.get("metadata")).remove("finalizers"));
      } else {
        server
            .objects()
            .change(
                path,
                object ->
                    object
                        .withObject("/status")
                        .putArray("conditions")
                        .addObject()
                        .put("type", "Ready")
                        .put("status", "True"));
      }
    }
  }

  @Test
  void isScaledFromTheHighestNumber() throws Exception {
    workloads.reconcile();
    assertEquals(List.of("worker-0 a:1", "worker-1 a:1"), pods());
    scale(4);
    assertEquals(List.of("worker-0 a:1", "worker-1 a:1", "worker-2 a:1", "worker-3 a:1"), pods());
    settle();
    scale(1);
    assertEquals(
        List.of("worker-0 a:1", "worker-1 a:1!", "worker-2 a:1!", "worker-3 a:1!"), pods());
    settle();
    workloads.reconcile();
    assertEquals(List.of("worker-0 a:1"), pods());
  }

  @Test
  void aNewImageComesToOnePodAfterTheOther() throws Exception {
    workloads.reconcile();
    settle();
    patch(
        "/worker",
        "application/strategic-merge-patch+json",
        "{\"spec\": {\"template\": {\"spec\": {\"$setElementOrder/containers\": [{\"name\": \"worker\"}],"
            + " \"containers\": [{\"name\": \"worker\", \"image\": \"a:2\"}]}}}}");
    workloads.reconcile();
    workloads.reconcile();
    assertEquals(List.of("worker-0 a:1", "worker-1 a:1!"), pods());
    settle();
    workloads.reconcile();
    workloads.reconcile();
    // The new one is not ready yet.
    assertEquals(List.of("worker-0 a:1", "worker-1 a:2"), pods());
    settle();
    workloads.reconcile();
    assertEquals(List.of("worker-0 a:1!", "worker-1 a:2"), pods());
    ObjectNode set = server.objects().get(SETS + "/worker").orElseThrow();
    assertEquals("x", set.at("/spec/template/spec/containers/0/args/0").asText());
  }
}
