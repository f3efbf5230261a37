package io.lockstep.cli.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.RunFolder;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.TransportSecurity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the manifests' probes see of real processes, one state after the other of one run, and what
 * follows from it.
 */
@Tag("drill")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ProbesDrillTest {

  private static final List<String> PODS =
      List.of("coordinator-0", "gateway-0", "worker-0", "worker-1");

  @TempDir private static Path folder;
  private static DrillCluster cluster;

  @BeforeAll
  static void begin() throws Exception {
    cluster = DrillCluster.create(folder);
    cluster.apply(DrillRecipe.of("../../runs"));
    awaitReady();
  }

  @AfterAll
  static void end() throws Exception {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static void awaitReady() throws Exception {
    cluster.await(
        "all pods are ready",
        () ->
            cluster.ready("coordinator", 1)
                && cluster.ready("gateway", 1)
                && cluster.ready("worker", 2));
  }

  private static List<Integer> restarts() {
    return PODS.stream().map(name -> cluster.pod(name).restarts()).toList();
  }

  private static long steps() throws Exception {
    return cluster.timeline().epochs().stream().mapToLong(epoch -> epoch.steps()).sum();
  }

  /** A pod that starts is neither ready nor taken for stuck, however long it loads. */
  @Test
  @Order(1)
  void loading() {
    for (String name : PODS) {
      List<String> history = cluster.pod(name).history();
      assertEquals(0, cluster.pod(name).restarts(), history::toString);
      assertTrue(history.get(1).startsWith("startupProbe: "), history::toString);
      assertTrue(
          history.stream().filter(line -> line.startsWith("startupProbe: ")).count() >= 2,
          history::toString);
    }
    for (String worker : List.of("worker-0", "worker-1")) {
      said(worker, "startupProbe: 503 l.*", "startupProbe: loaded", "readinessProbe: rank .*");
    }
    // It listens at once, and is ready from the first checkpoint on.
    said(
        "gateway-0",
        "startupProbe: listening",
        "readinessProbe: 503 no checkpoint is loaded yet",
        "readinessProbe: serving .*");
  }

  @Test
  @Order(2)
  void ready() throws Exception {
    for (String name : PODS) {
      assertEquals(
          "true true",
          cluster.kubectl(
              "get",
              "pod",
              name,
              "-o",
              "jsonpath={.status.containerStatuses[0].started} {.status.containerStatuses[0].ready}"));
    }
    cluster.kubectl("rollout", "status", "statefulset", "worker", "--timeout=1m");
    said("coordinator-0", "readinessProbe: .*", "livenessProbe: .*");
  }

  /** A process that answers nothing is killed without its long grace, and the run goes on. */
  @ParameterizedTest
  @ValueSource(strings = {"worker-1", "gateway-0", "coordinator-0"})
  @Order(3)
  void stuck(String name) throws Exception {
    PodRun pod = cluster.pod(name);
    List<Integer> expected = new ArrayList<>(restarts());
    expected.set(PODS.indexOf(name), 1);
    String process = Long.toString(pod.process().pid());
    Process stop = new ProcessBuilder("/bin/kill", "-STOP", process).start();
    assertEquals(0, stop.waitFor());
    cluster.await(name + " is started again", () -> pod.restarts() == 1);
    awaitReady();
    said(
        name,
        "killed by its kubelet: livenessProbe failed 6 times, .*imed out.*",
        "its grace is over",
        "ended with 137",
        "started");
    long steps = steps();
    cluster.await("the run goes on", () -> steps() >= steps + 20);
    assertEquals(expected, restarts());
  }

  /** A drained run is at rest, not stuck, and goes on when its coordinator is started again. */
  @Test
  @Order(4)
  void draining() throws Exception {
    int asked = cluster.pod("coordinator-0").asked("livenessProbe");
    List<Integer> restarts = restarts();
    cluster.coordinator("drain");
    cluster.await(
        "nobody is ready but the gateway",
        () ->
            List.of("coordinator-0", "worker-0", "worker-1").stream()
                    .noneMatch(name -> cluster.pod(name).ready())
                && cluster.pod("gateway-0").ready());
    cluster.await(
        "liveness is asked more often than it may fail",
        () -> cluster.pod("coordinator-0").asked("livenessProbe") > asked + 8);
    assertEquals(restarts, restarts());
    gatewayEndsWhileItAnswers();
    deleted("coordinator-0", 143, "this process stays until it is asked to end");
    deleted("worker-0", 143, "left the run after step");
    long steps = steps();
    cluster.await("the run goes on", () -> steps() >= steps + 20);
  }

  /** What it has taken is answered, the rest is refused, and the next one answers as it did. */
  private static void gatewayEndsWhileItAnswers() throws Exception {
    PodRun pod = cluster.pod("gateway-0");
    String answer;
    try (TransportSecurity tls = TransportSecurity.of(cluster.authority());
        ExecutorService people = Executors.newVirtualThreadPerTaskExecutor()) {
      ClientSecurity security = new ClientSecurity(Optional.of(tls), Optional.of(cluster.token()));
      try (GatewayTalk talk = new GatewayTalk(pod, security)) {
        answer = talk.answer();
        // Of several at the same time some are under way whenever it is asked to end.
        List<Future<Integer>> talks = new ArrayList<>();
        for (int person = 0; person < 3; person++) {
          talks.add(people.submit(() -> talk.untilRefused(answer)));
        }
        cluster.kubectl("delete", "pod", "gateway-0");
        int underWay = 0;
        for (Future<Integer> each : talks) {
          underWay += each.get();
        }
        assertTrue(underWay > 0, pod.told());
      }
      assertEquals("ended with 0", pod.history().getLast(), pod.told());
      assertFalse(pod.history().contains("its grace is over"), pod.told());
      assertTrue(pod.told().contains("everything that was asked is answered"), pod.told());
      cluster.await("another gateway is ready", () -> cluster.ready("gateway", 1));
      try (GatewayTalk talk = new GatewayTalk(cluster.pod("gateway-0"), security)) {
        assertEquals(answer, talk.answer());
      }
    }
  }

  /** Deletes a pod, which ends in order, and waits for the next one of its name. */
  private static void deleted(String name, int exit, String told) throws Exception {
    PodRun pod = cluster.pod(name);
    cluster.kubectl("delete", "pod", name);
    assertEquals("ended with " + exit, pod.history().getLast(), pod.told());
    assertTrue(pod.told().contains(told), pod.told());
    awaitReady();
  }

  /** After all that. */
  @Test
  @Order(5)
  void theBitsAreThoseOfOneUndisturbedWorker() throws Exception {
    cluster.coordinator("drain");
    cluster.await("the drained run", () -> cluster.timeline().end().isPresent());
    assertEquals(List.of(), cluster.timeline().rewinds());
    long steps = cluster.timeline().checkpoints().getLast().steps();
    Undisturbed undisturbed = Undisturbed.train(cluster, steps);
    String weights = undisturbed.requireSame(new RunFolder(cluster.run()), steps);
    System.out.printf("step %d: weights sha256: %s%n", Undisturbed.saved(steps), weights);
  }

  /** Fails unless a pod has a history of these lines in this order, others between them. */
  private static void said(String name, String... lines) {
    List<String> history = cluster.pod(name).history();
    int next = 0;
    for (String line : history) {
      if (next < lines.length && line.matches(lines[next])) {
        next++;
      }
    }
    int missing = next;
    assertTrue(missing == lines.length, () -> name + ": no '" + lines[missing] + "' in " + history);
  }
}
