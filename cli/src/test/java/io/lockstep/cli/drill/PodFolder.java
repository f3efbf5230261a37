package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The file system of a pod: a folder that stands for its root. Paths in arguments and variables are
 * led there, since a process of this machine has the machine's root.
 *
 * @param root stands for {@code /}
 * @param mounts where volumes are
 */
record PodFolder(Path root, List<String> mounts) {

  private static final Pattern PATH = Pattern.compile("(?<![\\w.-])/[\\w./*-]+");

  PodFolder {
    mounts = List.copyOf(mounts);
  }

  /** The kinds of volumes of the manifests. */
  interface Volumes {

    /** The folder of a claim. */
    Path claim(String name) throws IOException;

    /** The object with a map {@code data}, of {@code configmaps} or {@code secrets}. */
    ObjectNode object(String kind, String name) throws IOException, InterruptedException;
  }

  /** Lays out image and volumes. */
  static PodFolder create(Path root, ObjectNode pod, ContainerImage image, Volumes volumes)
      throws IOException, InterruptedException {
    Map<String, String> names = new LinkedHashMap<>();
    for (JsonNode mount : pod.at("/spec/containers/0/volumeMounts")) {
      names.put(mount.get("mountPath").asText(), mount.get("name").asText());
    }
    PodFolder folder = new PodFolder(root, List.copyOf(names.keySet()));
    folder.mirror(image.root(), "");
    for (Map.Entry<String, String> mount : names.entrySet()) {
      for (JsonNode volume : pod.at("/spec/volumes")) {
        if (volume.get("name").asText().equals(mount.getValue())) {
          folder.mount(mount.getKey(), volume, volumes);
        }
      }
    }
    return folder;
  }

  /** Files of the image, down to where volumes lie over it. */
  private void mirror(Path folder, String path) throws IOException {
    Files.createDirectories(at(path));
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String own = path + "/" + file.getFileName();
        if (mounts.stream().anyMatch(mount -> mount.startsWith(own + "/"))) {
          mirror(file, own);
        } else if (!mounts.contains(own)) {
          link(at(own), file);
        }
      }
    }
  }

  private void mount(String path, JsonNode volume, Volumes volumes)
      throws IOException, InterruptedException {
    Path at = at(path);
    if (volume.has("persistentVolumeClaim")) {
      Files.createDirectories(at.getParent());
      link(at, volumes.claim(volume.at("/persistentVolumeClaim/claimName").asText()));
      return;
    }
    clear(at);
    Files.createDirectories(at);
    if (volume.has("configMap")) {
      ObjectNode map = volumes.object("configmaps", volume.at("/configMap/name").asText());
      for (Map.Entry<String, JsonNode> file : map.get("data").properties()) {
        Files.writeString(at.resolve(file.getKey()), file.getValue().asText());
      }
    } else if (volume.has("secret")) {
      ObjectNode secret = volumes.object("secrets", volume.at("/secret/secretName").asText());
      for (Map.Entry<String, JsonNode> file : secret.get("data").properties()) {
        byte[] bytes = Base64.getDecoder().decode(file.getValue().asText());
        Files.write(at.resolve(file.getKey()), bytes);
      }
    } else if (!volume.has("emptyDir")) {
      throw new IllegalArgumentException("no such volume is known: " + volume);
    }
  }

  private static void link(Path at, Path to) throws IOException {
    if (!Files.isSymbolicLink(at)) {
      Files.createSymbolicLink(at, to);
    }
  }

  /** Where a path of the pod lies on this machine. */
  Path at(String path) {
    return root.resolve(path.startsWith("/") ? path.substring(1) : path);
  }

  /** A text whose paths are those of this machine. */
  String led(String text) {
    List<String> own = new ArrayList<>(mounts);
    own.add("/app");
    return PATH.matcher(text)
        .replaceAll(path ->
            Matcher.quoteReplacement(
                own.stream()
                        .anyMatch(folder ->
                            path.group().equals(folder) || path.group().startsWith(folder + "/"))
                    ? root + path.group()
                    : path.group()));
  }

  /** Removes what its volumes hold beside claims. */
  void empty() throws IOException {
    for (String mount : mounts) {
      if (!Files.isSymbolicLink(at(mount))) {
        clear(at(mount));
      }
    }
  }

  private static void clear(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
