package io.lockstep.gateway.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import io.lockstep.client.GatewayException;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.gateway.Checkpoints;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.gateway.handoff.HandOff;
import io.lockstep.proto.coordinator.v1.Checkpoint;
import io.lockstep.proto.coordinator.v1.CoordinatorGrpc;
import io.lockstep.proto.coordinator.v1.ReportServingRequest;
import io.lockstep.proto.coordinator.v1.ReportServingResponse;
import io.lockstep.proto.coordinator.v1.WatchCheckpointsRequest;
import io.lockstep.security.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FollowTest {

  private static final Conversation QUESTION =
      new Conversation(List.of(Message.text(Role.USER, "which step?")));

  @TempDir private Path dir;

  /** A coordinator that hands its watchers' streams to the test. */
  private static final class FakeCoordinator extends CoordinatorGrpc.CoordinatorImplBase
      implements AutoCloseable {
    private final BlockingQueue<StreamObserver<Checkpoint>> watchers = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> followers = new LinkedBlockingQueue<>();
    private final BlockingQueue<ReportServingRequest> reports = new LinkedBlockingQueue<>();
    private final Server server;

    FakeCoordinator(int port) throws IOException {
      server =
          NettyServerBuilder.forAddress(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
              .addService(this)
              .build()
              .start();
    }

    int port() {
      return server.getPort();
    }

    StreamObserver<Checkpoint> awaitWatcher() throws InterruptedException {
      return watchers.take();
    }

    @Override
    public void watchCheckpoints(
        WatchCheckpointsRequest request, StreamObserver<Checkpoint> watcher) {
      followers.add(request.getFollower());
      watchers.add(watcher);
    }

    @Override
    public void reportServing(
        ReportServingRequest request, StreamObserver<ReportServingResponse> answer) {
      reports.add(request);
      answer.onNext(ReportServingResponse.getDefaultInstance());
      answer.onCompleted();
    }

    /** Waits until a follower says that it serves a step. */
    ReportServingRequest awaitReport(long steps) throws InterruptedException {
      ReportServingRequest report = reports.take();
      while (report.getSteps() != steps) {
        report = reports.take();
      }
      return report;
    }

    @Override
    public void close() throws InterruptedException {
      server.shutdownNow().awaitTermination();
    }
  }

  /** Opens fake models that answer with their step, and tells of each one. */
  private static final class Models implements HandOff.ModelOpener {
    private final Map<Long, FakeModel> opened = new ConcurrentHashMap<>();

    @Override
    public FakeModel open(Path checkpoint, long steps) {
      return opened.computeIfAbsent(
          steps, key -> FakeModel.answering(key, prompt -> "step " + key));
    }
  }

  @Test
  void trafficGoesOnWhileCheckpointsAreSwapped() throws Exception {
    Models models = new Models();
    try (FakeCoordinator coordinator = new FakeCoordinator(0);
        GatewayServer gateway = follow(coordinator.port(), models);
        GatewayClient client = GatewayClient.connect("127.0.0.1:" + gateway.port())) {
      StreamObserver<Checkpoint> watcher = coordinator.awaitWatcher();
      assertFalse(client.isServing());
      assertTrue(
          assertThrows(GatewayException.class, client::model)
              .toString()
              .contains("no checkpoint is loaded yet"));

      watcher.onNext(checkpoint(10));
      client.awaitServing(Duration.ofSeconds(30));
      List<Thread> traffic = new ArrayList<>();
      BlockingQueue<String> answers = new LinkedBlockingQueue<>();
      for (int i = 0; i < 4; i++) {
        traffic.add(
            Thread.ofVirtual()
                .start(() ->
                    IntStream.range(0, 50)
                        .forEach(n ->
                            answers.add(client.chat(QUESTION, AnswerSettings.DEFAULT).text()))));
      }
      watcher.onNext(checkpoint(20));
      awaitStep(client, 20);
      for (Thread thread : traffic) {
        thread.join();
      }

      assertEquals(200, answers.size());
      assertTrue(answers.stream().allMatch(List.of("step 10", "step 20")::contains));
      ReportServingRequest report = coordinator.awaitReport(20);
      assertEquals(coordinator.followers.take(), report.getFollower());
      assertFalse(report.getFollower().isEmpty());
      assertEquals("aligned with training within 1.0e-06 on 3 probes", report.getAlignment());
      assertTrue(report.getAligned());
      assertEquals("step 20", client.chat(QUESTION, AnswerSettings.DEFAULT).text());
      assertTrue(models.open(dir, 10).isClosed());
    }
  }

  @Test
  void aCoordinatorThatComesBackIsHeardAgain() throws Exception {
    Models models = new Models();
    FakeCoordinator first = new FakeCoordinator(0);
    int port = first.port();
    try (GatewayServer gateway = follow(port, models);
        GatewayClient client = GatewayClient.connect("127.0.0.1:" + gateway.port())) {
      first.awaitWatcher().onNext(checkpoint(10));
      client.awaitServing(Duration.ofSeconds(30));
      first.close();
      assertEquals("step 10", client.chat(QUESTION, AnswerSettings.DEFAULT).text());

      try (FakeCoordinator second = new FakeCoordinator(port)) {
        StreamObserver<Checkpoint> watcher = second.awaitWatcher();
        watcher.onNext(checkpoint(10));
        watcher.onNext(checkpoint(20));
        watcher.onCompleted();
        awaitStep(client, 20);
      }
      assertEquals("step 20", client.chat(QUESTION, AnswerSettings.DEFAULT).text());
    } finally {
      first.close();
    }
  }

  @Test
  void aFlippedByteIsNeverServed() throws Exception {
    Models models = new Models();
    try (FakeCoordinator coordinator = new FakeCoordinator(0);
        GatewayServer gateway = follow(coordinator.port(), models);
        GatewayClient client = GatewayClient.connect("127.0.0.1:" + gateway.port())) {
      StreamObserver<Checkpoint> watcher = coordinator.awaitWatcher();
      watcher.onNext(checkpoint(10));
      client.awaitServing(Duration.ofSeconds(30));
      Checkpoint flipped = checkpoint(20);
      Checkpoints.flip(dir.resolve("step-20").resolve("model.safetensors"));
      watcher.onNext(flipped);
      watcher.onNext(checkpoint(15));
      awaitStep(client, 15);
      assertFalse(models.opened.containsKey(20L));
    }
  }

  @Test
  void waitingTimesGrowUpToALimit() {
    assertEquals(
        List.of(250L, 500L, 1000L, 10_000L),
        IntStream.of(1, 2, 3, 1000)
            .mapToObj(failures -> CoordinatorWatch.delay(failures).toMillis())
            .toList());
  }

  private static GatewayServer follow(int port, Models models) {
    return GatewayServer.start(
        GatewayOptions.of(new ModelSource.Coordinator(Endpoint.local(port))), models);
  }

  private static void awaitStep(GatewayClient client, long steps) {
    while (client.model().steps() != steps) {
      Thread.onSpinWait();
    }
  }

  private Checkpoint checkpoint(long steps) throws IOException {
    Path folder = Checkpoints.write(dir.resolve("step-" + steps), steps);
    return Checkpoint.newBuilder()
        .setDir(folder.toString())
        .setSteps(steps)
        .setManifestSha256(Checkpoints.sha256(folder.resolve("manifest.json")))
        .build();
  }
}
