package io.lockstep.worker.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.lockstep.data.plan.Shard;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage;
import io.lockstep.proto.coordinator.v1.Hello;
import io.lockstep.proto.coordinator.v1.Lease;
import io.lockstep.proto.coordinator.v1.Membership;
import io.lockstep.proto.coordinator.v1.Standing;
import io.lockstep.proto.coordinator.v1.Stop;
import io.lockstep.proto.coordinator.v1.WorkerMessage;
import io.lockstep.proto.coordinator.v1.World;
import io.lockstep.security.ClientSecurity;
import io.lockstep.security.ProcessKey;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session.Holding;
import io.lockstep.worker.rpc.CoordinatorSession.Introduction;
import io.lockstep.worker.rpc.CoordinatorSession.Timeouts;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CoordinatorSessionTest {

  private static final Introduction W =
      new Introduction("w", "127.0.0.1:9", "AVX512", "node-1", Map.of("threads", "1"));
  private static final long FOR_EVER = 600_000;

  private static Timeouts timeouts(Duration rejoining) {
    return new Timeouts(Duration.ofSeconds(20), rejoining);
  }

  private static CompletableFuture<CoordinatorSession> joining(
      ScriptedCoordinator coordinator, Duration rejoining) {
    return CompletableFuture.supplyAsync(() -> {
      try {
        return CoordinatorSession.join(
            coordinator.endpoint(), ClientSecurity.NONE, W, timeouts(rejoining));
      } catch (SessionException | InterruptedException e) {
        throw new IllegalStateException(e.getMessage(), e);
      }
    });
  }

  /** What happens between a coordinator and a worker that it has welcomed. */
  @FunctionalInterface
  private interface Talk {
    void between(
        ScriptedCoordinator coordinator,
        ScriptedCoordinator.Worker worker,
        CoordinatorSession session)
        throws Exception;
  }

  private static void whenJoined(Talk talk) throws Exception {
    try (ScriptedCoordinator coordinator = ScriptedCoordinator.start()) {
      CompletableFuture<CoordinatorSession> joining = joining(coordinator, Duration.ofSeconds(20));
      ScriptedCoordinator.Worker worker = coordinator.worker();
      worker.welcome("one", FOR_EVER);
      try (CoordinatorSession session = joining.get()) {
        talk.between(coordinator, worker, session);
      }
    }
  }

  @Test
  void aWorkerIntroducesItselfAndBeats() throws Exception {
    try (ScriptedCoordinator coordinator = ScriptedCoordinator.start()) {
      CompletableFuture<CoordinatorSession> joining = joining(coordinator, Duration.ofSeconds(20));
      ScriptedCoordinator.Worker worker = coordinator.worker();
      Hello hello = worker.hello();
      assertEquals("w", hello.getWorkerId());
      assertEquals("127.0.0.1:9", hello.getCollectiveAddress());
      assertEquals("AVX512", hello.getCapability());
      assertTrue(isSignedFor(worker, hello));
      assertEquals(0, hello.getHoldingsCount());
      assertTrue(hello.getLoading());
      worker.welcome("secret", FOR_EVER);
      try (CoordinatorSession session = joining.get()) {
        session.loaded();
        assertEquals(0, worker.await(WorkerMessage::hasReady).getReady().getGeneration());
        assertEquals("run: {}", session.runConfig());
        assertEquals("secret", session.collectiveToken());
        session.activity(3, "computing step 7");
        WorkerMessage beat =
            worker.await(
                message -> message.hasHeartbeat() && message.getHeartbeat().getGeneration() == 3);
        assertEquals("computing step 7", beat.getHeartbeat().getActivity());
      }
    }
  }

  private static boolean isSignedFor(ScriptedCoordinator.Worker stream, Hello hello) {
    return ProcessKey.hasSigned(
        hello.getIncarnation(),
        hello.getSignature().toByteArray(),
        stream.challenged(),
        hello.getWorkerId(),
        hello.getCollectiveAddress());
  }

  @Test
  void aRefusalIsToldInTheCoordinatorsWords() throws Exception {
    try (ScriptedCoordinator coordinator = ScriptedCoordinator.start()) {
      CompletableFuture<CoordinatorSession> joining = joining(coordinator, Duration.ofSeconds(20));
      coordinator.worker().stop("a worker named w is in the run already", false);
      Exception refused = assertThrows(Exception.class, joining::get);
      assertTrue(String.valueOf(refused.getMessage()).contains("named w is in the run already"));
    }
  }

  @Test
  void whoComesAfterACompleteRunHearsThatAndHasNotFailed() throws Exception {
    try (ScriptedCoordinator coordinator = ScriptedCoordinator.start()) {
      CompletableFuture<CoordinatorSession> joining = joining(coordinator, Duration.ofSeconds(20));
      coordinator.worker().finish("all 3 steps are done");
      try (CoordinatorSession session = joining.get()) {
        assertEquals(
            new Directive.Stop(true, "all 3 steps are done"),
            session.alreadyFinished().orElseThrow());
      }
    }
  }

  @Test
  void aBrokenStreamIsReplacedAndWhatWasSaidOnItIsVoid() throws Exception {
    try (ScriptedCoordinator coordinator = ScriptedCoordinator.start()) {
      CompletableFuture<CoordinatorSession> joining = joining(coordinator, Duration.ofSeconds(20));
      ScriptedCoordinator.Worker first = coordinator.worker();
      String incarnation = first.hello().getIncarnation();
      first.welcome("one", FOR_EVER);
      try (CoordinatorSession session = joining.get()) {
        session.describeHoldings(() -> List.of(new Holding(new Shard(1, 3, true), 12, true)));
        session.loaded();
        first.say(lease(1, 5));
        first.breakOff();
        ScriptedCoordinator.Worker second = coordinator.worker();
        Hello hello = second.hello();
        assertFalse(hello.getLoading());
        assertEquals(incarnation, hello.getIncarnation());
        assertTrue(isSignedFor(second, hello));
        assertFalse(isSignedFor(first, hello));
        assertEquals(
            io.lockstep.proto.coordinator.v1.Holding.newBuilder()
                .setRank(1)
                .setWorld(3)
                .setBuddy(true)
                .setSteps(12)
                .setReducedNext(true)
                .build(),
            hello.getHoldings(0));
        second.welcome("two", FOR_EVER);
        second.say(lease(2, 9));
        Directive.Lease next = assertInstanceOf(Directive.Lease.class, session.next());
        assertEquals(2, next.generation());
        assertEquals("two", session.collectiveToken());
      }
    }
  }

  @Test
  void whatCameToHoldBetweenHelloAndWelcomeIsSaidAfterwards() throws Exception {
    whenJoined((coordinator, first, session) -> {
      first.breakOff();
      ScriptedCoordinator.Worker second = coordinator.worker();
      assertTrue(second.hello().getLoading());
      session.loaded();
      second.welcome("two", FOR_EVER);
      WorkerMessage said = second.await(WorkerMessage::hasHeartbeat);
      assertFalse(said.getHeartbeat().getStanding().getLoading());
    });
  }

  @Test
  void everyHeartbeatSaysAllThatHolds() throws Exception {
    whenJoined((coordinator, worker, session) -> {
      session.describeAwaited(() -> List.of(2, 5));
      session.loaded();
      session.ready(3);
      session.broken(3, 1, "reset by peer");
      session.leaving("asked to end");
      worker.await(WorkerMessage::hasLeaving);
      for (int beat = 0; beat < 2; beat++) {
        Standing standing = worker.await(WorkerMessage::hasHeartbeat).getHeartbeat().getStanding();
        assertFalse(standing.getLoading());
        assertEquals(3, standing.getReady());
        assertEquals("asked to end", standing.getLeaving());
        assertEquals(List.of(2, 5), standing.getAwaitedList());
        assertEquals(1, standing.getBroken().getPeer());
      }
    });
  }

  @Test
  void aLastWordIsSaidBeforeTheWelcomeToo() throws Exception {
    whenJoined((coordinator, first, session) -> {
      first.breakOff();
      ScriptedCoordinator.Worker second = coordinator.worker();
      second.hello();
      session.failed("no such picture");
      assertEquals(
          "no such picture", second.await(WorkerMessage::hasFailure).getFailure().getMessage());
    });
  }

  @Test
  void whoIsRefusedForAWhileComesBackAfterIt() throws Exception {
    whenJoined((coordinator, first, session) -> {
      long before = System.nanoTime();
      first.say(
          CoordinatorMessage.newBuilder()
              .setStop(
                  Stop.newBuilder()
                      .setReason("not yet")
                      .setRejoin(true)
                      .setRejoinAfterMillis(400)));
      coordinator.worker();
      assertTrue(System.nanoTime() - before >= 400_000_000L);
    });
  }

  @Test
  void aCoordinatorThatIsStartedAgainIsFound() throws Exception {
    CoordinatorSession session;
    int port;
    try (ScriptedCoordinator coordinator = ScriptedCoordinator.start()) {
      port = coordinator.port();
      CompletableFuture<CoordinatorSession> joining = joining(coordinator, Duration.ofSeconds(20));
      coordinator.worker().welcome("one", FOR_EVER);
      session = joining.get();
    }
    try (CoordinatorSession lost = session;
        ScriptedCoordinator again = ScriptedCoordinator.startAt(port)) {
      ScriptedCoordinator.Worker worker = again.worker();
      worker.welcome("two", FOR_EVER);
      worker.say(lease(4, 1));
      assertEquals(4, lost.next().generation());
    }
  }

  @Test
  void aCoordinatorThatStaysAwayEndsTheSession() throws Exception {
    CoordinatorSession session;
    try (ScriptedCoordinator coordinator = ScriptedCoordinator.start()) {
      CompletableFuture<CoordinatorSession> joining = joining(coordinator, Duration.ofMillis(300));
      coordinator.worker().welcome("one", FOR_EVER);
      session = joining.get();
    }
    try (CoordinatorSession lost = session) {
      Directive.Stop stop = assertInstanceOf(Directive.Stop.class, lost.next());
      assertFalse(stop.finished());
      assertTrue(stop.reason().contains("can't be reached"), stop.reason());
    }
  }

  @Test
  void aSilentCoordinatorIsTakenForLost() throws Exception {
    try (ScriptedCoordinator coordinator = ScriptedCoordinator.start()) {
      CompletableFuture<CoordinatorSession> joining = joining(coordinator, Duration.ofSeconds(20));
      ScriptedCoordinator.Worker silent = coordinator.worker();
      silent.welcome("one", 200);
      try (CoordinatorSession session = joining.get()) {
        ScriptedCoordinator.Worker again = coordinator.worker();
        assertNotEquals(silent, again);
        again.welcome("two", FOR_EVER);
        again.say(lease(2, 0));
        assertEquals(2, session.next().generation());
      }
    }
  }

  @Test
  void whoWasTakenForLostJoinsAgainAndWhoIsStoppedDoesNot() throws Exception {
    whenJoined((coordinator, first, session) -> {
      first.stop("nothing was heard of it", true);
      ScriptedCoordinator.Worker second = coordinator.worker();
      second.welcome("one", FOR_EVER);
      second.stop("all steps are done", false);
      assertEquals(new Directive.Stop(false, "all steps are done"), session.next());
    });
  }

  @Test
  void worldsAndStopsInterruptBeforeTheyCanBeTaken() throws Exception {
    whenJoined((coordinator, worker, session) -> {
      List<Directive> interruptions = Collections.synchronizedList(new ArrayList<>());
      session.onInterruption(interruptions::add);
      worker.say(lease(1, 0));
      worker.say(
          CoordinatorMessage.newBuilder()
              .setWorld(
                  World.newBuilder()
                      .setGeneration(2)
                      .setMembership(deflated(Membership.getDefaultInstance()))));
      worker.stop("enough", false);
      Directive lease = session.next();
      assertInstanceOf(Directive.Lease.class, lease);
      Directive membership = session.next();
      Directive stop = session.next();
      assertEquals(List.of(membership, stop), interruptions);
      List<Directive> late = new ArrayList<>();
      session.onInterruption(late::add);
      assertEquals(List.of(membership, stop), late);
    });
  }

  private static ByteString deflated(Membership membership) throws IOException {
    ByteString.Output bytes = ByteString.newOutput();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(bytes)) {
      membership.writeTo(deflater);
    }
    return bytes.toByteString();
  }

  @Test
  void worldThatCannotBeReadEndsTheWorker() throws Exception {
    whenJoined((coordinator, worker, session) -> {
      worker.say(
          CoordinatorMessage.newBuilder()
              .setWorld(World.newBuilder().setMembership(ByteString.copyFromUtf8("old"))));
      Directive.Stop stop = assertInstanceOf(Directive.Stop.class, session.next());
      assertTrue(stop.reason().contains("same version"), stop.reason());
    });
  }

  @Test
  void whoWantsToLeaveDoesNotWaitForACoordinatorThatIsLost() throws Exception {
    whenJoined((coordinator, first, session) -> {
      session.leaving("asked to end");
      assertEquals("asked to end", first.await(WorkerMessage::hasLeaving).getLeaving().getReason());
      first.breakOff();
      Directive.Stop stop = assertInstanceOf(Directive.Stop.class, session.next());
      assertFalse(stop.finished());
    });
  }

  private static CoordinatorMessage.Builder lease(long generation, long step) {
    return CoordinatorMessage.newBuilder()
        .setLease(Lease.newBuilder().setGeneration(generation).setFirstStep(step).setSteps(1));
  }
}
