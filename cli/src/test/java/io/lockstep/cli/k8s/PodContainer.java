package io.lockstep.cli.k8s;

import static io.lockstep.cli.k8s.Manifests.at;
import static io.lockstep.cli.k8s.Manifests.map;
import static io.lockstep.cli.k8s.Manifests.maps;

import io.lockstep.cli.Parsing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ParseResult;

/**
 * The one container of a pod, as the kubelet would start it.
 *
 * @param origin where it is written, for messages
 * @param pod the pod's specification
 * @param spec the container's
 * @param environment what it is started with
 */
record PodContainer(
    String origin,
    Map<String, Object> pod,
    Map<String, Object> spec,
    Map<String, String> environment) {

  private static final Pattern REFERENCE = Pattern.compile("\\$\\(([A-Z_]+)\\)");

  /** Values of what only the cluster knows. */
  private static final Map<String, String> CLUSTER =
      Map.of(
          "metadata.name",
          "worker-1",
          "spec.nodeName",
          "node-a",
          "metadata.annotations['batch.kubernetes.io/job-completion-index']",
          "1");

  /** The containers of all objects that have pods. */
  static List<PodContainer> of(String file, Map<String, Map<String, Object>> objects) {
    List<PodContainer> containers = new ArrayList<>();
    objects.forEach((name, object) -> {
      if (name.startsWith("JobSet ")) {
        for (Map<String, Object> job : maps(at(object, "spec", "replicatedJobs"))) {
          Map<String, Object> pod = map(at(job, "template", "spec", "template", "spec"));
          containers.add(of(file + ": " + name + " " + job.get("name"), pod, objects));
        }
      } else if (map(object.getOrDefault("spec", Map.of())).containsKey("template")) {
        Map<String, Object> pod = map(at(object, "spec", "template", "spec"));
        containers.add(of(file + ": " + name, pod, objects));
      }
    });
    return containers;
  }

  private static PodContainer of(
      String origin, Map<String, Object> pod, Map<String, Map<String, Object>> objects) {
    List<Map<String, Object>> all = maps(pod.get("containers"));
    if (all.size() != 1) {
      throw new IllegalArgumentException(origin + " has " + all.size() + " containers");
    }
    Map<String, Object> spec = all.getFirst();
    Map<String, String> environment = new LinkedHashMap<>();
    for (Map<String, Object> from : maps(spec.get("envFrom"))) {
      String settings = "ConfigMap " + at(from, "configMapRef", "name");
      map(at(objects.get(settings), "data"))
          .forEach((key, value) -> environment.put(key, (String) value));
    }
    for (Map<String, Object> variable : maps(spec.get("env"))) {
      Object value = variable.get("value");
      if (value == null) {
        value = CLUSTER.get((String) at(variable, "valueFrom", "fieldRef", "fieldPath"));
      }
      environment.put((String) variable.get("name"), (String) value);
    }
    return new PodContainer(origin, pod, spec, environment);
  }

  /** Its arguments with the values of variables. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    for (Object argument : (List<?>) spec.get("args")) {
      Matcher references = REFERENCE.matcher((String) argument);
      arguments.add(
          references.replaceAll(reference -> {
            String value = environment.get(reference.group(1));
            if (value == null) {
              throw new IllegalArgumentException(origin + ": nothing sets " + reference.group());
            }
            return Matcher.quoteReplacement(value);
          }));
    }
    return arguments;
  }

  /** Its command line, as the command reads it. */
  ParseResult parsed() {
    return Parsing.of(arguments());
  }

  /** Variables that its arguments use. */
  List<String> references() {
    return ((List<?>) spec.get("args"))
        .stream()
            .flatMap(each -> REFERENCE.matcher((String) each).results())
            .map(m -> m.group(1))
            .toList();
  }

  /** Ports by name. */
  Map<String, Integer> ports() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    maps(spec.get("ports"))
        .forEach(port -> ports.put((String) port.get("name"), (Integer) port.get("containerPort")));
    return ports;
  }

  /** Whether a file lies in a volume, or in the image. */
  boolean has(String path, List<String> image) {
    return maps(spec.get("volumeMounts")).stream()
            .map(mount -> (String) mount.get("mountPath"))
            .anyMatch(folder -> path.equals(folder) || path.startsWith(folder + "/"))
        || image.stream().anyMatch(path::startsWith);
  }
}
