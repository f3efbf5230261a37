package io.lockstep.cli.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What test processes do, by their first argument. */
final class TestProcess {

  private TestProcess() {}

  /** {@code wait}, {@code fail MESSAGE}, {@code port FILE NUMBER} or {@code parent FOLDER}. */
  public static void main(String[] arguments) throws Exception {
    ParentWatch.startIfChild();
    switch (arguments[0]) {
      case "wait" -> waitForever();
      case "fail" -> {
        System.err.println("error: " + arguments[1]);
        System.exit(1);
      }
      case "port" -> {
        PortFile.write(Path.of(arguments[1]), Integer.parseInt(arguments[2]));
        waitForever();
      }
      case "parent" -> beParent(Path.of(arguments[1]));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void waitForever() throws InterruptedException {
    Thread.currentThread().join();
  }

  /** Starts a child, leaves its process id in {@code child.pid}, and waits. */
  private static void beParent(Path folder) throws IOException, InterruptedException {
    ProcessGroup group = new ProcessGroup(folder, TestProcess.class.getName());
    Child ready =
        group.start(
            "child", List.of("-Xmx32m"), List.of("port", group.portFile("child").toString(), "1"));
    group.awaitPort(ready, Duration.ofSeconds(30));
    Path partial = folder.resolve("pid.partial");
    Files.writeString(partial, Long.toString(ready.pid()));
    Files.move(partial, folder.resolve("child.pid"));
    waitForever();
  }
}
