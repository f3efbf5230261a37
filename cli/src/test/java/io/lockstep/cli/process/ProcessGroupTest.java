package io.lockstep.cli.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessGroupTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir private Path folder;

  @Test
  void aServersPortIsReadOnceItIsReady() throws IOException {
    try (ProcessGroup group = group()) {
      Child server =
          group.start(
              "server",
              List.of("-Xmx32m"),
              List.of("port", group.portFile("server").toString(), "4711"));
      assertEquals(4711, group.awaitPort(server, TIMEOUT));
    }
  }

  @Test
  void aServerThatFailsToStartSaysWhy() throws IOException {
    try (ProcessGroup group = group()) {
      Child server =
          group.start("server", List.of("-Xmx32m"), List.of("fail", "port 80 is in use"));
      UserError error = assertThrows(UserError.class, () -> group.awaitPort(server, TIMEOUT));
      assertEquals("server: port 80 is in use", error.getMessage());
    }
  }

  /** A gateway that serves beside a run has its own words, and its own place on the console. */
  @Test
  void warningsAreThoseOfTheChildrenThatAreAskedAbout() throws IOException {
    try (ProcessGroup group = group()) {
      for (String name : List.of("worker-0", "gateway")) {
        String line = "it ends\n21:00:00.000 WARN  Thing: " + name + " is slow";
        assertTrue(group.start(name, List.of("-Xmx32m"), List.of("fail", line)).await(TIMEOUT));
      }
      assertEquals(
          List.of("worker-0 WARN Thing: worker-0 is slow"), lines(group, Set.of("worker-0")));
      assertEquals(List.of(), lines(group, Set.of("worker-0")));
      assertEquals(
          List.of("gateway WARN Thing: gateway is slow"),
          lines(group, Set.of("worker-0", "gateway")));
    }
  }

  private static List<String> lines(ProcessGroup group, Set<String> names) throws IOException {
    return group.freshWarnings(names).stream().map(LogWarnings.Warning::line).toList();
  }

  @Test
  void aKilledChildIsBlamedEvenIfAnotherGaveUpBefore() throws IOException {
    try (ProcessGroup group = group()) {
      Child peer = group.start("worker-0", List.of("-Xmx32m"), List.of("fail", "lost a peer"));
      assertTrue(peer.await(TIMEOUT));
      assertEquals("worker-0: lost a peer", group.firstCause().orElseThrow().exitDescription());
      Child victim = group.start("worker-1", List.of("-Xmx32m"), List.of("wait"));
      victim.kill();
      assertTrue(victim.await(TIMEOUT));
      String description = group.firstCause().orElseThrow().exitDescription();
      assertTrue(
          description.startsWith("worker-1 (process " + victim.pid() + ") was killed by signal 9"),
          description);
    }
  }

  @Test
  void closingStopsEveryChild() throws IOException {
    Child child;
    try (ProcessGroup group = group()) {
      child = group.start("child", List.of("-Xmx32m"), List.of("wait"));
      assertTrue(child.isAlive());
    }
    assertFalse(child.isAlive());
  }

  @Test
  void childrenEndWhenTheirParentIsKilled() throws Exception {
    try (ProcessGroup outer = group()) {
      Child parent =
          outer.start("parent", List.of("-Xmx32m"), List.of("parent", folder.toString()));
      Path pidFile = folder.resolve("child.pid");
      while (!Files.exists(pidFile)) {
        assertFalse(parent.await(Duration.ofMillis(20)), "the parent ended before its child ran");
      }
      ProcessHandle grandchild =
          ProcessHandle.of(Long.parseLong(Files.readString(pidFile))).orElseThrow();
      parent.kill();
      grandchild.onExit().get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private ProcessGroup group() throws IOException {
    return new ProcessGroup(folder, TestProcess.class.getName());
  }
}
