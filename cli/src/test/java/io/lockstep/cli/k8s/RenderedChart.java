package io.lockstep.cli.k8s;

import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What Helm makes of the chart: in a process of its own, because Helm brings Go's runtime along.
 */
final class RenderedChart {

  private RenderedChart() {}

  /**
   * Writes the objects of the chart into a folder, {@code NAME.yaml} for each set of values.
   *
   * @param values files of values over those of the chart, by name
   */
  static void write(Path folder, Map<String, Path> values)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                RenderedChart.class.getName()));
    values.forEach((name, file) ->
        command.addAll(List.of(folder.resolve(name + ".yaml").toString(), file.toString())));
    Process helm = new ProcessBuilder(command).inheritIO().start();
    if (helm.waitFor() != 0) {
      throw new IllegalStateException("helm template ended with " + helm.exitValue());
    }
  }

  /** Arguments are pairs: a file to write, and values. */
  public static void main(String[] arguments) throws IOException {
    for (int i = 0; i < arguments.length; i += 2) {
      String rendered =
          new Helm(Manifests.FOLDER.resolve("chart"))
              .template()
              .withName("lockstep")
              .withNamespace("lockstep")
              .withKubeVersion("1.30.0")
              .withValuesFile(Path.of(arguments[i + 1]))
              .call();
      Files.writeString(Path.of(arguments[i]), rendered);
    }
    // Go's threads are no daemons.
    Runtime.getRuntime().halt(0);
  }
}
