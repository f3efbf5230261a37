package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;

/**
 * Kubernetes' strategic merge, as far as kubectl uses it on workloads: a patch's lists of named
 * things change those of these names and leave the others, where a plain merge would replace all.
 */
final class StrategicMerge {

  /** What tells the elements of a list apart. */
  private static final Map<String, String> KEYS =
      Map.of(
          "containers", "name",
          "initContainers", "name",
          "env", "name",
          "volumes", "name",
          "volumeMounts", "mountPath",
          "ports", "containerPort");

  private StrategicMerge() {}

  /** Changes an object as a patch says. */
  static void apply(ObjectNode object, JsonNode patch) {
    for (Map.Entry<String, JsonNode> field : patch.properties()) {
      String name = field.getKey();
      JsonNode value = field.getValue();
      if (name.startsWith("$")) {
        continue;
      }
      if (value.isNull()) {
        object.remove(name);
      } else if (value.isObject()) {
        JsonNode part = object.get(name);
        apply(part instanceof ObjectNode there ? there : object.putObject(name), value);
      } else if (value.isArray() && KEYS.containsKey(name)) {
        list(object.withArray(name), (ArrayNode) value, KEYS.get(name));
      } else {
        object.set(name, value);
      }
    }
  }

  private static void list(ArrayNode list, ArrayNode patch, String key) {
    for (JsonNode change : patch) {
      if (!change.has(key)) {
        throw new IllegalArgumentException("no " + key + " in the patch " + change);
      }
      Optional<ObjectNode> same = named(list, key, change.get(key));
      if (change.path("$patch").asText().equals("delete")) {
        list.removeIf(each -> each.path(key).equals(change.get(key)));
      } else if (same.isPresent()) {
        apply(same.get(), change);
      } else {
        list.add(change);
      }
    }
  }

  private static Optional<ObjectNode> named(ArrayNode list, String key, JsonNode value) {
    for (JsonNode each : list) {
      if (each.path(key).equals(value)) {
        return Optional.of((ObjectNode) each);
      }
    }
    return Optional.empty();
  }
}
