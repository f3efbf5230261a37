package io.lockstep.cli.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the build has made of the image, unpacked.
 *
 * @param root its files
 * @param entryPoint what pods' arguments follow
 * @param environment what pods' variables are added to
 * @param workingDirectory where its process starts
 */
record ContainerImage(
    Path root, List<String> entryPoint, Map<String, String> environment, String workingDirectory) {

  private static final Path BUILT =
      Path.of("target", "lockstep-cpu.tar").toAbsolutePath().normalize();

  ContainerImage {
    entryPoint = List.copyOf(entryPoint);
    environment = Map.copyOf(environment);
  }

  /**
   * Unpacks what {@code mvn -Pimages package} has left.
   *
   * @param folder created
   */
  static ContainerImage unpack(Path folder) throws IOException, InterruptedException {
    if (!Files.exists(BUILT)) {
      throw new AssertionError(BUILT + " is missing: the drill is run with -Pimages,drill");
    }
    Path archive = Files.createDirectories(folder.resolve("archive"));
    Path root = Files.createDirectories(folder.resolve("root"));
    tar("-xf", BUILT, archive);
    ObjectMapper json = new ObjectMapper();
    JsonNode manifest = json.readTree(archive.resolve("manifest.json").toFile()).get(0);
    for (JsonNode layer : manifest.get("Layers")) {
      tar("-xzf", archive.resolve(layer.asText()), root);
    }
    JsonNode config =
        json.readTree(archive.resolve(manifest.get("Config").asText()).toFile()).get("config");
    Map<String, String> environment = new LinkedHashMap<>();
    for (JsonNode variable : config.path("Env")) {
      String[] parts = variable.asText().split("=", 2);
      environment.put(parts[0], parts[1]);
    }
    List<String> entryPoint = new ArrayList<>();
    config.get("Entrypoint").forEach(each -> entryPoint.add(each.asText()));
    return new ContainerImage(root, entryPoint, environment, config.path("WorkingDir").asText("/"));
  }

  /** What starts a process with these files: its class path in place of the file that names it. */
  List<String> words(PodFolder files) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", entryPoint.getFirst()).toString());
    for (String word : entryPoint.subList(1, entryPoint.size())) {
      words.add(
          files.led(
              word.startsWith("@/")
                  ? Files.readString(root.resolve(word.substring(2))).strip()
                  : word));
    }
    return words;
  }

  private static void tar(String does, Path archive, Path into)
      throws IOException, InterruptedException {
    Process tar =
        new ProcessBuilder(
                "/usr/bin/tar",
                "--no-same-owner",
                "--warning=no-unknown-keyword",
                does,
                archive.toString(),
                "-C",
                into.toString())
            .inheritIO()
            .start();
    if (tar.waitFor() != 0) {
      throw new IOException("tar " + does + " " + archive + " ended with " + tar.exitValue());
    }
  }
}
