package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What makes pods of StatefulSets: ordinals, parallel or one after the other; the highest go first;
 * a new template replaces one pod after the other, from the highest on, each once the one before is
 * ready. A Deployment is treated as a StatefulSet whose pods nobody knows by name.
 */
final class Workloads {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REVISION = "controller-revision-hash";

  private final Kept objects;
  private final String namespace;

  Workloads(Kept objects, String namespace) {
    this.objects = objects;
    this.namespace = namespace;
  }

  /** One look at all of them, and what follows from it. */
  void reconcile() throws IOException, InterruptedException {
    for (String kind : List.of("statefulsets", "deployments")) {
      String path = "/apis/apps/v1/namespaces/%s/%s".formatted(namespace, kind);
      for (ObjectNode set : objects.list(path)) {
        reconcile(set, path + "/" + set.at("/metadata/name").asText());
      }
    }
  }

  private void reconcile(ObjectNode set, String path) throws IOException, InterruptedException {
    String name = set.at("/metadata/name").asText();
    int replicas = set.at("/spec/replicas").asInt(1);
    String revision =
        name + "-" + Integer.toHexString(set.at("/spec/template").toString().hashCode());
    boolean parallel = set.at("/spec/podManagementPolicy").asText().equals("Parallel");
    SortedMap<Integer, ObjectNode> pods = pods(name);
    boolean steady = true;
    for (int ordinal = 0; ordinal < replicas && (parallel || steady); ordinal++) {
      ObjectNode pod = pods.get(ordinal);
      if (pod == null) {
        objects.create(pods(), pod(set, name + "-" + ordinal, revision));
      }
      steady &= pod != null && ready(pod);
    }
    for (int ordinal : pods.keySet().stream().sorted(Comparator.reverseOrder()).toList()) {
      if (ordinal >= replicas && (parallel || steady)) {
        steady = false;
        end(pods.get(ordinal));
      }
    }
    if (pods.size() == replicas) {
      update(pods, revision);
    }
    status(path, set, pods, revision);
  }

  private void update(SortedMap<Integer, ObjectNode> pods, String revision)
      throws IOException, InterruptedException {
    for (ObjectNode pod : pods.reversed().values()) {
      if (!of(pod, revision)) {
        end(pod);
        return;
      }
      if (!ready(pod)) {
        return;
      }
    }
  }

  private void status(
      String path, ObjectNode set, SortedMap<Integer, ObjectNode> pods, String revision)
      throws IOException, InterruptedException {
    int replicas = set.at("/spec/replicas").asInt(1);
    long updated = pods.values().stream().filter(pod -> of(pod, revision)).count();
    long ready = pods.values().stream().filter(Workloads::ready).count();
    boolean done = updated == replicas && ready == replicas && pods.size() == replicas;
    String current =
        done || !set.at("/status").has("currentRevision")
            ? revision
            : set.at("/status/currentRevision").asText();
    objects.change(
        path,
        object -> {
          if (!object.get("spec").equals(set.get("spec"))) {
            return;
          }
          object
              .putObject("status")
              .put("observedGeneration", set.at("/metadata/generation").asLong())
              .put("replicas", pods.size())
              .put("readyReplicas", ready)
              .put("availableReplicas", ready)
              .put("updatedReplicas", updated)
              .put("currentReplicas", current.equals(revision) ? updated : pods.size() - updated)
              .put("currentRevision", current)
              .put("updateRevision", revision);
        });
  }

  private String pods() {
    return "/api/v1/namespaces/%s/pods".formatted(namespace);
  }

  private SortedMap<Integer, ObjectNode> pods(String set) throws IOException, InterruptedException {
    SortedMap<Integer, ObjectNode> pods = new TreeMap<>();
    for (ObjectNode pod : objects.list(pods())) {
      String name = pod.at("/metadata/name").asText();
      if (name.matches(set + "-[0-9]+")) {
        pods.put(Integer.parseInt(name.substring(set.length() + 1)), pod);
      }
    }
    return pods;
  }

  private ObjectNode pod(ObjectNode set, String name, String revision) {
    ObjectNode template = (ObjectNode) set.at("/spec/template").deepCopy();
    ObjectNode pod = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = (ObjectNode) template.get("metadata");
    metadata.put("name", name).put("namespace", namespace);
    metadata
        .withObject("/labels")
        .put(REVISION, revision)
        .put("statefulset.kubernetes.io/pod-name", name);
    metadata.putArray("finalizers").add(Kubelet.FINALIZER);
    pod.set("metadata", metadata);
    pod.set("spec", template.get("spec"));
    return pod;
  }

  private void end(ObjectNode pod) throws IOException, InterruptedException {
    if (!pod.at("/metadata").has("deletionTimestamp")) {
      objects.delete(pods() + "/" + pod.at("/metadata/name").asText());
    }
  }

  private static boolean of(ObjectNode pod, String revision) {
    return pod.at("/metadata/labels").path(REVISION).asText().equals(revision);
  }

  /** Whether a pod is ready, and not on its way out. */
  static boolean ready(ObjectNode pod) {
    if (pod.at("/metadata").has("deletionTimestamp")) {
      return false;
    }
    for (JsonNode condition : pod.at("/status/conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }
}
