package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** What the API server says that it has: kubectl asks before it does anything. */
final class ApiResources {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<Resource> ALL =
      List.of(
          new Resource("v1", "namespaces", "Namespace", false),
          new Resource("v1", "pods", "Pod", true),
          new Resource("v1", "services", "Service", true),
          new Resource("v1", "configmaps", "ConfigMap", true),
          new Resource("v1", "secrets", "Secret", true),
          new Resource("v1", "persistentvolumeclaims", "PersistentVolumeClaim", true),
          new Resource("apps/v1", "statefulsets", "StatefulSet", true),
          new Resource("apps/v1", "deployments", "Deployment", true),
          new Resource("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", true),
          new Resource("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
          new Resource(
              "autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true));

  private ApiResources() {}

  /** Objects of one kind. */
  private record Resource(String version, String plural, String kind, boolean namespaced) {

    boolean scales() {
      return version.equals("apps/v1");
    }
  }

  /** The answer to a question for what there is; empty if the path is no such question. */
  static Optional<ObjectNode> answer(String path) {
    return switch (path) {
      case "/version" ->
          Optional.of(
              JSON.createObjectNode()
                  .put("major", "1")
                  .put("minor", "32")
                  .put("gitVersion", "v1.32.0"));
      case "/api" -> {
        ObjectNode versions = JSON.createObjectNode().put("kind", "APIVersions");
        versions.putArray("versions").add("v1");
        yield Optional.of(versions);
      }
      case "/apis" -> Optional.of(groups());
      default -> resources(path.replaceFirst("^/apis?/", ""), path);
    };
  }

  private static ObjectNode groups() {
    ObjectNode list = JSON.createObjectNode().put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode groups = list.putArray("groups");
    for (String version :
        new TreeSet<>(ALL.stream().map(Resource::version).filter(v -> v.contains("/")).toList())) {
      ObjectNode named =
          JSON.createObjectNode()
              .put("groupVersion", version)
              .put("version", version.substring(version.indexOf('/') + 1));
      ObjectNode group = groups.addObject().put("name", version.substring(0, version.indexOf('/')));
      group.putArray("versions").add(named.deepCopy());
      group.set("preferredVersion", named);
    }
    return list;
  }

  private static Optional<ObjectNode> resources(String version, String path) {
    String root = version.contains("/") ? "/apis/" : "/api/";
    List<Resource> there = ALL.stream().filter(each -> each.version().equals(version)).toList();
    if (there.isEmpty() || !path.equals(root + version)) {
      return Optional.empty();
    }
    ObjectNode list =
        JSON.createObjectNode()
            .put("kind", "APIResourceList")
            .put("apiVersion", "v1")
            .put("groupVersion", version);
    ArrayNode resources = list.putArray("resources");
    for (Resource each : there) {
      ObjectNode resource = resources.addObject();
      resource
          .put("name", each.plural())
          .put("singularName", "")
          .put("kind", each.kind())
          .put("namespaced", each.namespaced());
      for (String verb : List.of("create", "delete", "get", "list", "patch", "update", "watch")) {
        resource.withArray("verbs").add(verb);
      }
      if (each.scales()) {
        ObjectNode scale = resources.addObject();
        scale
            .put("name", each.plural() + "/scale")
            .put("singularName", "")
            .put("group", "autoscaling")
            .put("version", "v1")
            .put("kind", "Scale")
            .put("namespaced", true);
        scale.putArray("verbs").add("get").add("patch").add("update");
      }
    }
    return Optional.of(list);
  }
}
