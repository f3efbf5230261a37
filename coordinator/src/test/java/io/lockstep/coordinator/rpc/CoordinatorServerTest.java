package io.lockstep.coordinator.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.lockstep.coordinator.Follower;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunListener;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.proto.coordinator.v1.Checkpoint;
import io.lockstep.proto.coordinator.v1.CheckpointFile;
import io.lockstep.proto.coordinator.v1.Commit;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.CoordinatorMessage.KindCase;
import io.lockstep.proto.coordinator.v1.DrainRequest;
import io.lockstep.proto.coordinator.v1.GetStatusRequest;
import io.lockstep.proto.coordinator.v1.GetStatusResponse;
import io.lockstep.proto.coordinator.v1.Holder;
import io.lockstep.proto.coordinator.v1.Member;
import io.lockstep.proto.coordinator.v1.Membership;
import io.lockstep.proto.coordinator.v1.ReportServingRequest;
import io.lockstep.proto.coordinator.v1.Stop;
import io.lockstep.proto.coordinator.v1.WatchCheckpointsRequest;
import io.lockstep.proto.coordinator.v1.World;
import io.lockstep.security.ListenAddress;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class CoordinatorServerTest {
  @TempDir Path out;
  private final List<ManagedChannel> channels = new ArrayList<>();

  @AfterEach
  void closeChannels() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  /** Two workers that have joined and hold a lease. */
  private static List<ClientWorker> leased(ManagedChannel channel) throws Exception {
    List<ClientWorker> workers =
        List.of(new ClientWorker(channel, "a", 1001), new ClientWorker(channel, "b", 1002));
    for (ClientWorker worker : workers) {
      worker.expect(KindCase.WELCOME);
      worker.expect(KindCase.WORLD);
      worker.ready();
    }
    for (ClientWorker worker : workers) {
      worker.expect(KindCase.LEASE);
    }
    return workers;
  }

  @Test
  void twoWorkersTrainSaveAndFinish() throws Exception {
    try (CoordinatorServer server =
        CoordinatorServer.start(Plans.plan(out, 2, 2, 0), "127.0.0.1", 0)) {
      ManagedChannel channel = connect(server.port());
      ClientWorker first = new ClientWorker(channel, "a", 1001);
      assertEquals("run: test\n", first.expect(KindCase.WELCOME).getWelcome().getRunConfig());
      ClientWorker second = new ClientWorker(channel, "b", 1002);
      second.expect(KindCase.WELCOME);
      List<ClientWorker> workers = List.of(first, second);
      for (int rank = 0; rank < 2; rank++) {
        assertEquals(rank, workers.get(rank).expect(KindCase.WORLD).getWorld().getRank());
      }
      workers.forEach(ClientWorker::ready);
      for (ClientWorker worker : workers) {
        assertEquals(2, worker.expect(KindCase.LEASE).getLease().getSteps());
      }
      for (long step = 0; step < 2; step++) {
        trainStep(workers, step);
      }
      Path folder = saveCheckpoint(workers);
      for (ClientWorker worker : workers) {
        Stop stop = worker.expect(KindCase.STOP).getStop();
        assertTrue(stop.getFinished());
        assertEquals("all 2 steps are done", stop.getReason());
      }
      RunOutcome outcome = server.awaitEnd();
      assertTrue(outcome.finished());
      assertEquals(2, outcome.steps());
      assertFalse(Files.exists(folder));
      assertCheckpointIsAnnounced(channel);
      assertPhase(channel, GetStatusResponse.Phase.PHASE_FINISHED);
    }
  }

  @Test
  void aWorkerThatMisreportsItsFileLosesItsPlaceAndTheOtherSavesAgain() throws Exception {
    try (CoordinatorServer server =
        CoordinatorServer.start(Plans.plan(out, 2, 1, 0), "127.0.0.1", 0)) {
      ManagedChannel channel = connect(server.port());
      List<ClientWorker> workers = leased(channel);
      trainStep(workers, 0);
      for (ClientWorker worker : workers) {
        worker.expect(KindCase.SAVE_CHECKPOINT);
      }
      workers.get(0).partWritten(1);
      workers
          .get(1)
          .partWritten(
              1,
              CheckpointFile.newBuilder()
                  .setPath("lie")
                  .setBytes(5)
                  .setSha256("0".repeat(64))
                  .build());
      assertTrue(
          workers
              .get(1)
              .expect(KindCase.STOP)
              .getStop()
              .getReason()
              .startsWith(
                  "it broke the protocol: the checkpoint at step 1 is not as the workers reported it: lie is missing"));
      assertEquals(2, workers.get(0).expect(KindCase.WORLD).getWorld().getGeneration());
    }
  }

  private static void trainStep(List<ClientWorker> workers, long step) throws Exception {
    for (int rank = 0; rank < workers.size(); rank++) {
      workers.get(rank).reduced(step, rank, workers.size());
    }
    for (ClientWorker worker : workers) {
      Commit commit = worker.expect(KindCase.COMMIT).getCommit();
      assertEquals(step, commit.getStep());
      assertEquals(40, commit.getTokens());
      assertEquals(15.0, commit.getLossSum());
      assertEquals(1.0, commit.getGradNorm());
      worker.applied(step);
    }
  }

  private static Path saveCheckpoint(List<ClientWorker> workers) throws Exception {
    Path folder = Path.of("");
    int rank = 0;
    for (ClientWorker worker : workers) {
      folder = Path.of(worker.expect(KindCase.SAVE_CHECKPOINT).getSaveCheckpoint().getDir());
      worker.partWritten(2, write(folder, "part-" + rank++, "hello"));
    }
    return folder;
  }

  private void assertCheckpointIsAnnounced(ManagedChannel channel) throws Exception {
    Iterator<Checkpoint> watched =
        CoordinatorGrpc.newBlockingStub(channel)
            .watchCheckpoints(WatchCheckpointsRequest.getDefaultInstance());
    Checkpoint checkpoint = watched.next();
    assertFalse(watched.hasNext());
    assertTrue(checkpoint.getLast());
    assertEquals(2, checkpoint.getSteps());
    Path folder = out.resolve("checkpoints/step-00000002");
    assertEquals(folder.toString(), checkpoint.getDir());
    byte[] manifest = Files.readAllBytes(folder.resolve("manifest.json"));
    assertEquals(sha256(manifest), checkpoint.getManifestSha256());
  }

  @Test
  void followersAreKnownByWhatTheySayOfThemselves() throws Exception {
    try (CoordinatorServer server =
        CoordinatorServer.start(Plans.plan(out, 2, 9, 0), "127.0.0.1", 0)) {
      ManagedChannel channel = connect(server.port());
      CoordinatorGrpc.CoordinatorBlockingStub stub = CoordinatorGrpc.newBlockingStub(channel);
      CoordinatorGrpc.newStub(channel)
          .watchCheckpoints(
              WatchCheckpointsRequest.newBuilder().setFollower("pod-1\n" + "x".repeat(500)).build(),
              new IgnoringObserver());
      ReportServingRequest report =
          ReportServingRequest.newBuilder()
              .setFollower("pod-2")
              .setSteps(7)
              .setAlignment("aligned\u0007")
              .setAligned(true)
              .build();
      stub.reportServing(report);
      List<Follower> followers = server.followers();
      assertEquals(2, followers.size());
      assertTrue(followers.getFirst().connected());
      assertTrue(followers.getFirst().name().startsWith("pod-1\uFFFDxxx"));
      assertEquals(128, followers.getFirst().name().length());
      assertFalse(followers.getLast().connected(), "it has never followed");
      Follower.Serving serving = followers.getLast().serving().orElseThrow();
      assertEquals(7, serving.steps());
      assertEquals("aligned\uFFFD", serving.alignment());
      channel.shutdownNow();
      while (server.followers().stream().anyMatch(Follower::connected)) {
        Thread.sleep(10);
      }
      ManagedChannel other = connect(server.port());
      StatusRuntimeException refused =
          assertThrows(
              StatusRuntimeException.class,
              () ->
                  CoordinatorGrpc.newBlockingStub(other)
                      .reportServing(ReportServingRequest.getDefaultInstance()));
      assertEquals(Status.Code.INVALID_ARGUMENT, refused.getStatus().getCode());
    }
  }

  /** Hears and says nothing. */
  private static final class IgnoringObserver implements StreamObserver<Checkpoint> {
    @Override
    public void onNext(Checkpoint checkpoint) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  @Test
  void aGreetingThatIsRepeatedTakesNobodysPlaceAndIsCounted() throws Exception {
    try (CoordinatorServer server =
        CoordinatorServer.start(Plans.plan(out, 2, 9, 0), "127.0.0.1", 0)) {
      List<ClientWorker> workers = leased(connect(server.port()));
      ClientWorker stranger = new ClientWorker(connect(server.port()), workers.getFirst().first());
      assertEquals(Status.Code.UNAUTHENTICATED, stranger.ending().getCode());
      assertEquals(1, server.refusedCalls());
      trainStep(workers, 0);
    }
  }

  @Test
  void othersGoOnWithoutALostWorker() throws Exception {
    try (CoordinatorServer server =
        CoordinatorServer.start(Plans.plan(out, 2, 9, 0), "127.0.0.1", 0)) {
      ManagedChannel doomedConnection = connect(server.port());
      ClientWorker survivor = new ClientWorker(connect(server.port()), "a", 1001);
      assertEquals(60_000, survivor.expect(KindCase.WELCOME).getWelcome().getSilenceMillis());
      ClientWorker doomed = new ClientWorker(doomedConnection, "b", 1002);
      doomed.expect(KindCase.WELCOME);
      survivor.expect(KindCase.WORLD);
      doomedConnection.shutdownNow();
      World next = survivor.expect(KindCase.WORLD).getWorld();
      assertEquals(2, next.getGeneration());
      assertEquals(
          List.of("a"),
          ClientWorker.membership(next).getMembersList().stream()
              .map(Member::getWorkerId)
              .toList());
    }
  }

  @Test
  void coordinatorThatIsStartedAgainGoesOnFromWhatWorkersHold() throws Exception {
    RunPlan plan = Plans.plan(out, 2, 9, 0);
    try (CoordinatorServer server = CoordinatorServer.start(plan, "127.0.0.1", 0)) {
      ManagedChannel channel = connect(server.port());
      List<ClientWorker> workers = leased(channel);
      trainStep(workers, 0);
    }
    ListenAddress anywhere = ListenAddress.local("127.0.0.1", 0);
    try (CoordinatorServer server =
        CoordinatorServer.resume(plan, Set.of(), anywhere, new RunListener() {})) {
      ManagedChannel channel = connect(server.port());
      ClientWorker first =
          new ClientWorker(channel, "a", 1001, ClientWorker.holding(0, 2, 1, false));
      ClientWorker second =
          new ClientWorker(channel, "b", 1002, ClientWorker.holding(1, 2, 0, true));
      for (ClientWorker worker : List.of(first, second)) {
        worker.expect(KindCase.WELCOME);
        World world = worker.expect(KindCase.WORLD).getWorld();
        assertEquals(2, world.getGeneration());
        Membership membership = ClientWorker.membership(world);
        assertEquals(1, membership.getNextStep());
        assertEquals(
            List.of(
                Holder.newBuilder().setHolding(ClientWorker.holding(0, 2, 1, false)).build(),
                Holder.newBuilder()
                    .setRank(1)
                    .setHolding(ClientWorker.holding(1, 2, 0, true))
                    .build()),
            membership.getHoldersList());
        assertEquals(0, membership.getLastCommit().getStep());
        assertEquals(1.0, membership.getLastCommit().getGradNorm());
      }
    }
  }

  @Test
  void workerWithAnImpossibleShardIsRefused() throws Exception {
    try (CoordinatorServer server =
        CoordinatorServer.start(Plans.plan(out, 1, 9, 0), "127.0.0.1", 0)) {
      ClientWorker worker =
          new ClientWorker(connect(server.port()), "a", 1001, ClientWorker.holding(3, 2, 1, false));
      assertEquals("rank 3 of 2 does not exist", worker.refusal());
    }
  }

  @Test
  void closingTheServerTellsWaitingWorkers() throws Exception {
    ClientWorker worker;
    try (CoordinatorServer server =
        CoordinatorServer.start(Plans.plan(out, 2, 9, 0), "127.0.0.1", 0)) {
      worker = new ClientWorker(connect(server.port()), "a", 1001);
      worker.expect(KindCase.WELCOME);
    }
    assertEquals(
        "the coordinator was shut down", worker.expect(KindCase.STOP).getStop().getReason());
  }

  @Test
  void drainBeforeTheStartFinishesAndASecondDrainIsRefused() throws Exception {
    try (CoordinatorServer server =
        CoordinatorServer.start(Plans.plan(out, 1, 9, 0), "127.0.0.1", 0)) {
      CoordinatorGrpc.CoordinatorBlockingStub stub =
          CoordinatorGrpc.newBlockingStub(connect(server.port()));
      assertEquals(0, stub.drain(DrainRequest.getDefaultInstance()).getSteps());
      assertTrue(server.awaitEnd().finished());
      StatusRuntimeException refusal =
          assertThrows(
              StatusRuntimeException.class, () -> stub.drain(DrainRequest.getDefaultInstance()));
      assertEquals("the run has ended already", refusal.getStatus().getDescription());
    }
  }

  @Test
  void healthAnswersServingAndReflectionListsTheServices() throws Exception {
    try (CoordinatorServer server =
        CoordinatorServer.start(Plans.plan(out, 1, 9, 0), "127.0.0.1", 0)) {
      ManagedChannel channel = connect(server.port());
      for (String service : List.of("", "lockstep.coordinator.v1.Coordinator")) {
        assertEquals(
            HealthCheckResponse.ServingStatus.SERVING,
            HealthGrpc.newBlockingStub(channel)
                .check(HealthCheckRequest.newBuilder().setService(service).build())
                .getStatus());
      }
      List<String> services =
          reflect(channel).getListServicesResponse().getServiceList().stream()
              .map(ServiceResponse::getName)
              .toList();
      assertTrue(services.contains("lockstep.coordinator.v1.Coordinator"), services::toString);
      assertTrue(services.contains("grpc.health.v1.Health"), services::toString);
      assertPhase(channel, GetStatusResponse.Phase.PHASE_WAITING);
    }
  }

  @Test
  void portInUseIsOneClearLineAndLeavesNothingBehind() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      RunPlan plan = Plans.plan(out.resolve("run"), 1, 9, 0);
      RunRefusedException refusal =
          assertThrows(
              RunRefusedException.class, () -> CoordinatorServer.start(plan, "127.0.0.1", port));
      assertEquals(
          "port 127.0.0.1:" + port + " is in use: give another --port, or 0 for a free one",
          refusal.reason());
      assertFalse(Files.exists(plan.outputDir()));
    }
  }

  @Test
  void addressesBeyondLoopbackNeedPermission() {
    RunPlan plan = Plans.plan(out, 1, 9, 0);
    RunRefusedException refusal =
        assertThrows(RunRefusedException.class, () -> CoordinatorServer.start(plan, "0.0.0.0", 0));
    assertTrue(refusal.reason().contains("--allow-remote"), refusal.reason());
  }

  @Test
  void folderThatHoldsARunIsRefused() {
    CoordinatorServer.start(Plans.plan(out, 1, 9, 0), "127.0.0.1", 0).close();
    RunRefusedException refusal =
        assertThrows(
            RunRefusedException.class,
            () -> CoordinatorServer.start(Plans.plan(out, 1, 9, 0), "127.0.0.1", 0));
    assertEquals(
        out
            + " already holds run 'test' with 0 committed steps; go on with it by --resume, or"
            + " choose another --out",
        refusal.reason());
  }

  private ManagedChannel connect(int port) {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    channels.add(channel);
    return channel;
  }

  private static void assertPhase(ManagedChannel channel, GetStatusResponse.Phase phase) {
    assertEquals(
        phase,
        CoordinatorGrpc.newBlockingStub(channel)
            .getStatus(GetStatusRequest.getDefaultInstance())
            .getPhase());
  }

  private static ServerReflectionResponse reflect(ManagedChannel channel) throws Exception {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> request =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable error) {
                    answer.completeExceptionally(error);
                  }

                  @Override
                  public void onCompleted() {}
                });
    request.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    request.onCompleted();
    return answer.get(20, TimeUnit.SECONDS);
  }

  private static CheckpointFile write(Path folder, String name, String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    Files.write(folder.resolve(name), bytes);
    return CheckpointFile.newBuilder()
        .setPath(name)
        .setBytes(bytes.length)
        .setSha256(sha256(bytes))
        .build();
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
