package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunPlan;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A run that is bound to one node takes no worker of another. */
final class NodeAdmissionTest {

  private static final String WHY = "the patch bank is a folder of one node";

  private static RunPlan plan() {
    return Plans.plan(Path.of("run"), 3, 4, 0);
  }

  private static RunPlan planOnOneNode() {
    return plan().toBuilder().oneNode(Optional.of(WHY)).build();
  }

  private static void join(Cluster cluster, long session, String node) {
    cluster.join(session, node, Numerics.UNKNOWN);
  }

  @Test
  void aWorkerFromElsewhereIsRefusedBeforeTheFirstStepToo() {
    Cluster cluster = new Cluster(planOnOneNode());
    join(cluster, 1, "north");
    join(cluster, 2, "north");
    assertEquals(Phase.WAITING, cluster.phase());
    join(cluster, 3, "south");
    ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(3).getFirst();
    assertEquals("worker c sits on south and a on north, but " + WHY, stop.reason());
    assertEquals(Phase.WAITING, cluster.phase());
  }

  @Test
  void aRunOfOneNodeBeginsOnOne() {
    Cluster cluster = new Cluster(planOnOneNode());
    for (int session = 1; session <= 3; session++) {
      join(cluster, session, "north");
    }
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void otherRunsTakeWorkersOfAnyNode() {
    Cluster cluster = new Cluster(plan());
    join(cluster, 1, "north");
    join(cluster, 2, "south");
    join(cluster, 3, "");
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void aNewcomerFromElsewhereIsRefusedAndTheRunGoesOn() {
    Cluster cluster = new Cluster(planOnOneNode());
    for (int session = 1; session <= 3; session++) {
      join(cluster, session, "north");
    }
    cluster.take();
    join(cluster, 4, "south");
    ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(4).getFirst();
    assertEquals("worker d sits on south and a (rank 0) on north, but " + WHY, stop.reason());
    assertNotEquals(Phase.FAILED, cluster.phase());
  }
}
