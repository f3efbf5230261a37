package io.lockstep.cli.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.coordinator.journal.RunTimeline;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that kubectl scales, updates and robs of its pods: the bits of one undisturbed worker,
 * every committed step once, and all of it on the run's page.
 */
@Tag("drill")
class ScalingDrillTest {

  /** That a membership has committed before the next thing happens to it. */
  private static final int STEPS = 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  private final DrillReport report = new DrillReport();

  /** Something that is done to a cluster. */
  private interface Deed {
    void run() throws Exception;
  }

  /**
   * Does something, and waits until the run goes on with so many workers, all of them ready.
   *
   * @param told what is then on the run's page
   * @param also what has to be so besides
   */
  private void deed(
      DrillCluster cluster, String name, Deed deed, int count, String told, Callable<Boolean> also)
      throws Exception {
    List<String> members = workers(count);
    RunTimeline before = cluster.timeline();
    long generation = before.epochs().getLast().generation();
    Instant begun = Instant.now();
    deed.run();
    cluster.await(
        "%s: the run goes on with %s".formatted(name, members),
        () -> {
          RunTimeline.Epoch last = cluster.timeline().epochs().getLast();
          return last.generation() > generation
              && last.members().equals(members)
              && last.steps() >= STEPS
              && cluster.ready("worker", count)
              && also.call();
        });
    report.deed(name, begun, cluster.timeline(), generation);
    JsonNode status = JSON.readTree(cluster.page("status.json"));
    assertEquals(JSON.valueToTree(members), status.get("workers"), name);
    assertTrue(status.get("notices").toString().contains(told), name + ": " + status);
  }

  @Test
  void itsWeightsAreThoseOfOneUndisturbedWorker() throws Exception {
    Instant begun = Instant.now();
    try (DrillCluster cluster = DrillCluster.create(folder)) {
      cluster.apply(DrillRecipe.of("../../runs"));
      cluster.await(
          "the run goes on with two workers",
          () -> cluster.ready("coordinator", 1) && cluster.ready("worker", 2));
      report.line("two workers train", begun);
      scale(cluster, 4, "worker-3 joined");
      scale(cluster, 1, "worker-3 left the run");
      scale(cluster, 3, "worker-2 joined");
      PodRun deleted = cluster.pod("worker-1");
      deed(
          cluster,
          "kubectl delete pod worker-1",
          () -> cluster.kubectl("delete", "pod", "worker-1"),
          3,
          "worker-1 left the run",
          () -> cluster.pod("worker-1") != deleted);
      deed(
          cluster,
          "kubectl set image statefulset worker",
          () -> {
            String image = "worker=" + DrillCluster.NEXT_IMAGE;
            cluster.kubectl("set", "image", "statefulset", "worker", image);
            cluster.kubectl("rollout", "status", "statefulset", "worker", "--timeout=20m");
          },
          3,
          "worker-0 joined",
          () -> true);
      String images =
          cluster.kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.containers[*].image}");
      assertEquals(3, images.split(DrillCluster.NEXT_IMAGE, -1).length - 1, images);
      PodRun killed = cluster.pod("coordinator-0");
      deed(
          cluster,
          "kubectl delete pod coordinator-0 --grace-period=0 --force",
          () -> cluster.kubectl("delete", "pod", "coordinator-0", "--grace-period=0", "--force"),
          3,
          "worker-0",
          () -> cluster.pod("coordinator-0") != killed && cluster.ready("coordinator", 1));
      finish(cluster);
      report.line("the whole drill", begun);
      report.print();
    }
  }

  private void scale(DrillCluster cluster, int replicas, String told) throws Exception {
    String option = "--replicas=" + replicas;
    deed(
        cluster,
        "kubectl scale statefulset worker " + option,
        () -> cluster.kubectl("scale", "statefulset", "worker", option),
        replicas,
        told,
        () -> true);
  }

  /** Drains the run, and compares it and its page with what is to be expected. */
  private void finish(DrillCluster cluster) throws Exception {
    cluster.coordinator("drain");
    cluster.await("the drained run", () -> cluster.timeline().end().isPresent());
    RunTimeline course = cluster.timeline();
    assertEquals(List.of(), course.rewinds());
    String page = cluster.page("live");
    for (RunTimeline.Epoch epoch : course.epochs()) {
      String event = "membership %d of %d: ".formatted(epoch.generation(), epoch.members().size());
      assertTrue(page.contains(event), event + " in " + page);
    }
    for (String event :
        List.of(
            "worker-3 joined", "worker-3 left", "worker-1 left", "worker-1 joined", "drained")) {
      assertTrue(page.contains(event), event + " in " + page);
    }
    long steps = course.checkpoints().getLast().steps();
    Instant begun = Instant.now();
    Undisturbed undisturbed = Undisturbed.train(cluster, steps);
    String weights = undisturbed.requireSame(new RunFolder(cluster.run()), steps);
    report.line("%d undisturbed steps".formatted(steps), begun);
    report.line("step %d: weights sha256: %s".formatted(Undisturbed.saved(steps), weights));
  }

  private static List<String> workers(int count) {
    return List.of("worker-0", "worker-1", "worker-2", "worker-3").subList(0, count);
  }
}
