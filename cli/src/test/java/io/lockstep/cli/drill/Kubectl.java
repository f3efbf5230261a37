package io.lockstep.cli.drill;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The real kubectl, with a configuration of its own. */
record Kubectl(Path configuration, Path folder) {

  private static final Path PROGRAM = Path.of("/usr/bin/kubectl");

  /** For a server without TLS and names of users, and the namespace {@code default}. */
  static Kubectl of(Path folder, URI server) throws IOException {
    Path configuration = folder.resolve("kubeconfig");
    Files.writeString(
        configuration,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: drill, cluster: {server: "%s"}}]
        contexts: [{name: drill, context: {cluster: drill}}]
        current-context: drill
        """
            .formatted(server));
    return new Kubectl(configuration, folder);
  }

  /** Runs a command that must succeed; returns what it prints. */
  String run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PROGRAM.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", configuration.toString());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = process.waitFor();
    if (exit != 0) {
      throw new AssertionError(String.join(" ", command) + " ended with " + exit + ": " + out);
    }
    return out;
  }
}
