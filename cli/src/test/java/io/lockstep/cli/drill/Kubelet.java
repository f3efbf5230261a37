package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns the pods of a namespace into processes of this machine, as a kubelet does into containers,
 * and says in their status what has become of them.
 */
final class Kubelet implements AutoCloseable {

  /** What a pod has that waits for its kubelet before it goes. */
  static final String FINALIZER = "drill/kubelet";

  private static final String NODE = "node-a";
  private static final Pattern REFERENCE = Pattern.compile("\\$\\(([A-Z_]+)\\)");

  private final Kept objects;
  private final String namespace;
  private final Path folder;
  private final Map<String, ContainerImage> images;
  private final ClusterNames names;
  private final int hurry;
  private final Map<String, PodRun> runs = new ConcurrentHashMap<>();
  private int pods;

  /**
   * A kubelet that has these images.
   *
   * @param folder for the files of pods and claims
   * @param hurry by how much waiting between probes, and before a start, is shortened
   */
  Kubelet(
      Kept objects,
      String namespace,
      Path folder,
      Map<String, ContainerImage> images,
      ClusterNames names,
      int hurry) {
    this.objects = objects;
    this.namespace = namespace;
    this.folder = folder;
    this.images = Map.copyOf(images);
    this.names = names;
    this.hurry = hurry;
  }

  /** The pods that it has at present, by their UIDs. */
  Map<String, PodRun> runs() {
    return Map.copyOf(runs);
  }

  /** The folder of a claim. */
  Path claim(String name) throws IOException {
    return Files.createDirectories(folder.resolve("claims").resolve(name));
  }

  private String path(String kind) {
    return "/api/v1/namespaces/%s/%s".formatted(namespace, kind);
  }

  /** Starts, ends and tells of pods, as the objects say now. */
  void sync() throws IOException, InterruptedException {
    Map<String, ObjectNode> wanted = new LinkedHashMap<>();
    for (ObjectNode pod : objects.list(path("pods"))) {
      wanted.put(pod.at("/metadata/uid").asText(), pod);
    }
    for (Map.Entry<String, PodRun> each : runs.entrySet()) {
      ObjectNode pod = wanted.get(each.getKey());
      if (pod == null) {
        each.getValue().kill();
      } else if (pod.at("/metadata").has("deletionTimestamp")) {
        each.getValue().end(pod.at("/spec/terminationGracePeriodSeconds").asInt(30));
      }
      if (each.getValue().ended()) {
        forget(each.getKey(), each.getValue());
      } else if (pod != null) {
        tell(pod, each.getValue());
      }
    }
    for (Map.Entry<String, ObjectNode> each : wanted.entrySet()) {
      if (!runs.containsKey(each.getKey())) {
        begin(each.getKey(), each.getValue());
      }
    }
    names.update(objects.list(path("services")), objects.list(path("pods")));
  }

  private void begin(String uid, ObjectNode pod) throws IOException, InterruptedException {
    if (pod.at("/metadata").has("deletionTimestamp")) {
      release(pod.at("/metadata/name").asText(), uid);
      return;
    }
    String name = pod.at("/metadata/name").asText();
    if (runs.values().stream().anyMatch(run -> run.name().equals(name))) {
      // The one before, of the same name, has not ended yet.
      return;
    }
    String image = pod.at("/spec/containers/0/image").asText();
    if (!images.containsKey(image)) {
      throw new IllegalStateException(name + ": no image " + image + ", only " + images.keySet());
    }
    pods++;
    // Always the same one, since a recipe's paths lead from a coordinator to its workers.
    Path root = folder.resolve("pods").resolve(name);
    PodFolder files = PodFolder.create(root, pod, images.get(image), volumes());
    Path log = Files.createDirectories(folder.resolve("logs")).resolve(name + "-" + pods + ".log");
    PodRun run = new PodRun(pod, names.next(), command(pod, files, images.get(image)), log, hurry);
    runs.put(uid, run);
    tell(pod, run);
    names.update(objects.list(path("services")), objects.list(path("pods")));
    Thread.startVirtualThread(run);
  }

  private PodFolder.Volumes volumes() {
    return new PodFolder.Volumes() {
      @Override
      public Path claim(String name) throws IOException {
        return Kubelet.this.claim(name);
      }

      @Override
      public ObjectNode object(String kind, String name) throws IOException, InterruptedException {
        return objects
            .get(path(kind) + "/" + name)
            .orElseThrow(() -> new IllegalStateException("no " + kind + " " + name));
      }
    };
  }

  private PodRun.PodCommand command(ObjectNode pod, PodFolder files, ContainerImage image)
      throws IOException, InterruptedException {
    JsonNode container = pod.at("/spec/containers/0");
    Map<String, String> environment = new LinkedHashMap<>(image.environment());
    for (JsonNode from : container.path("envFrom")) {
      String map = from.at("/configMapRef/name").asText();
      volumes()
          .object("configmaps", map)
          .get("data")
          .properties()
          .forEach(entry -> environment.put(entry.getKey(), entry.getValue().asText()));
    }
    for (JsonNode variable : container.path("env")) {
      environment.put(variable.get("name").asText(), value(pod, variable, environment));
    }
    List<String> words = new ArrayList<>(image.words(files));
    for (JsonNode argument : container.path("args")) {
      words.add(files.led(resolved(argument.asText(), environment)));
    }
    environment.replaceAll((name, value) -> files.led(value));
    environment.put(
        "JAVA_TOOL_OPTIONS",
        "-Djdk.net.hosts.file=%s -Djava.io.tmpdir=%s -XX:TieredStopAtLevel=1"
            .formatted(names.file(), files.at("/tmp")));
    return new PodRun.PodCommand(files, words, environment, files.at(image.workingDirectory()));
  }

  private static String value(ObjectNode pod, JsonNode variable, Map<String, String> known) {
    if (variable.has("value")) {
      return resolved(variable.get("value").asText(), known);
    }
    String field = variable.at("/valueFrom/fieldRef/fieldPath").asText();
    return switch (field) {
      case "metadata.name" -> pod.at("/metadata/name").asText();
      case "spec.nodeName" -> NODE;
      default -> throw new IllegalArgumentException("no such field is known: " + variable);
    };
  }

  private static String resolved(String text, Map<String, String> variables) {
    return REFERENCE
        .matcher(text)
        .replaceAll(found ->
            Matcher.quoteReplacement(variables.getOrDefault(found.group(1), found.group())));
  }

  private void tell(ObjectNode pod, PodRun run) throws IOException, InterruptedException {
    String image = pod.at("/spec/containers/0/image").asText();
    objects.change(
        path("pods") + "/" + run.name(),
        object -> {
          if (!object.at("/metadata/uid").equals(pod.at("/metadata/uid"))) {
            return;
          }
          ObjectNode status = object.putObject("status");
          status.put("phase", "Running").put("podIP", run.address()).put("hostIP", "127.0.0.1");
          status
              .putArray("conditions")
              .addObject()
              .put("type", "Ready")
              .put("status", run.ready() ? "True" : "False");
          ObjectNode container = status.putArray("containerStatuses").addObject();
          container
              .put("name", pod.at("/spec/containers/0/name").asText())
              .put("image", image)
              .put("ready", run.ready())
              .put("started", run.started())
              .put("restartCount", run.restarts());
          container.putObject("state").putObject("running");
        });
  }

  private void forget(String uid, PodRun run) throws IOException, InterruptedException {
    run.command().folder().empty();
    runs.remove(uid);
    release(run.name(), uid);
  }

  /** Lets the object of a pod go. */
  private void release(String name, String uid) throws IOException, InterruptedException {
    String path = path("pods") + "/" + name;
    if (objects.get(path).filter(pod -> pod.at("/metadata/uid").asText().equals(uid)).isPresent()) {
      objects.change(path, pod -> ((ObjectNode) pod.get("metadata")).remove("finalizers"));
      objects.delete(path);
    }
  }

  @Override
  public void close() throws IOException {
    runs.values().forEach(PodRun::kill);
    for (PodRun run : runs.values()) {
      try {
        while (!run.ended()) {
          Thread.sleep(20);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
