package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CollectiveRules;
import io.lockstep.coordinator.CollectiveRules.Choice;
import io.lockstep.coordinator.CollectiveRules.Transport;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What tensors go over, by the recipe and by what each worker has. */
class TransportChoiceTest {

  private static final NcclAbility NEW = new NcclAbility("2.29.3", "");
  private static final NcclAbility OLD = new NcclAbility("2.27.3", "");
  private static final NcclAbility NONE =
      new NcclAbility("", "libnccl.so.2 was not found: install NCCL 2");

  private static Cluster cluster(Choice choice, boolean nativeSums) {
    return new Cluster(
        Plans.plan(Path.of("run"), 2, 4, 0).toBuilder()
            .collective(new CollectiveRules(choice, nativeSums))
            .build());
  }

  private static TransportChoice formed(Cluster cluster, NcclAbility... workers) {
    for (int i = 0; i < workers.length; i++) {
      cluster.join(i + 1, workers[i]);
    }
    return cluster.takeFor(1).stream()
        .filter(ToWorker.NewMembership.class::isInstance)
        .map(message -> ((ToWorker.NewMembership) message).membership().transport())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void ncclIsTakenWhereAllHaveItAndPeopleReadOfIt() {
    Cluster cluster = cluster(Choice.AUTO, false);
    TransportChoice choice = formed(cluster, NEW, NEW);
    assertEquals(Transport.NCCL, choice.transport());
    assertEquals("all 2 workers have NCCL 2.29.3; sums in the run's order", choice.why());
    assertTrue(
        cluster.notices.contains("generation 1 exchanges tensors over NCCL: " + choice.why()),
        cluster.notices::toString);
  }

  @Test
  void whoLacksItIsNamedWithTheReason() {
    Cluster cluster = cluster(Choice.AUTO, false);
    TransportChoice choice = formed(cluster, NEW, NONE);
    assertEquals(Transport.TCP, choice.transport());
    assertEquals("b can't use NCCL: " + NONE.missing(), choice.why());
    assertTrue(
        cluster.notices.contains("generation 1 exchanges tensors over TCP: " + choice.why()),
        cluster.notices::toString);
  }

  @Test
  void differentVersionsDoNotTalkToEachOther() {
    TransportChoice choice = formed(cluster(Choice.AUTO, false), NEW, OLD);
    assertEquals(new TransportChoice(Transport.TCP, "a has NCCL 2.29.3, b has 2.27.3"), choice);
  }

  @Test
  void nobodyReadsOfItWhereNobodyHasIt() {
    Cluster cluster = cluster(Choice.AUTO, false);
    assertEquals(Transport.TCP, formed(cluster, NONE, NONE).transport());
    assertTrue(
        cluster.notices.stream().noneMatch(notice -> notice.contains("exchanges tensors")),
        cluster.notices::toString);
  }

  @Test
  void tcpIsTakenWhereTheRecipeSaysSo() {
    assertEquals(TransportChoice.TCP, formed(cluster(Choice.TCP, false), NEW, NEW));
  }

  @ParameterizedTest
  @CsvSource({
    "NCCL, false, cluster.collective: nccl",
    "NCCL, true, cluster.collective: nccl",
    "AUTO, true, cluster.reduction: native"
  })
  void whereItIsNeededWorkersWithoutItAreRefusedBeforeTheFirstStep(
      Choice choice, boolean nativeSums, String key) {
    Cluster cluster = cluster(choice, nativeSums);
    cluster.join(1, NEW);
    cluster.join(2, NONE);
    ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(2).getFirst();
    assertEquals(
        "worker b can't use NCCL, which the recipe asks for (%s): %s"
            .formatted(key, NONE.missing()),
        stop.reason());
    assertEquals(Phase.WAITING, cluster.phase());
    cluster.join(3, NEW);
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void sumsOfNcclAreSaidToBe() {
    TransportChoice choice = formed(cluster(Choice.AUTO, true), NEW, NEW);
    assertEquals("all 2 workers have NCCL 2.29.3; NCCL's own sums", choice.why());
  }

  @Test
  void sumsOfNcclOverTcpMakeNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new CollectiveRules(Choice.TCP, true));
  }
}
