package io.lockstep.data.jsonl;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** A process that opens JSONL files when it is told to, for tests. */
final class IndexProcess implements AutoCloseable {

  private final Process process;
  private final BufferedReader said;

  private IndexProcess(Process process) {
    this.process = process;
    this.said =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** {@code FILE}: opens it for each line of input, which names the folder of its index. */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    BufferedReader folders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String folder = folders.readLine(); folder != null; folder = folders.readLine()) {
      System.out.println(lines(file, Path.of(folder)));
    }
  }

  /** A digest of all lines of a file whose index is in a folder. */
  static String lines(Path file, Path folder) {
    try (JsonlFile open = JsonlFile.open(file, new IndexCache(folder, 0))) {
      CRC32C digest = new CRC32C();
      for (long i = 0; i < open.size(); i++) {
        digest.update((open.line(i) + "\n").getBytes(StandardCharsets.UTF_8));
      }
      return "%d lines %08x".formatted(open.size(), digest.getValue());
    }
  }

  static IndexProcess start(Path file, Path log) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(IndexProcess.class.getName(), file.toString()));
    return new IndexProcess(new ProcessBuilder(command).redirectError(log.toFile()).start());
  }

  void open(Path folder) throws IOException {
    process.getOutputStream().write((folder + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** The next line it says; "null" if it has ended. */
  String said() throws IOException {
    return String.valueOf(said.readLine());
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
