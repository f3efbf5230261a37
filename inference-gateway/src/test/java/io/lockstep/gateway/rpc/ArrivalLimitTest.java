package io.lockstep.gateway.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpRequestWriter;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestHeaders;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.gateway.serving.ByteBudget;
import io.lockstep.gateway.serving.ServingMemory;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests hold bytes from the first one on, and none once they are answered. */
class ArrivalLimitTest {

  private static final int ROOM = 1 << 20;

  @TempDir private Path dir;

  private GatewayServer gateway() {
    return GatewayServer.start(
        GatewayOptions.of(new ModelSource.Folder(dir))
            .within(new ServingMemory(ROOM, 64 << 20, 64 << 20, 1 << 20)),
        (path, steps) -> FakeModel.answering(1, prompt -> "x"));
  }

  @Test
  void aMessageWithoutRoomIsRefusedWhileItArrives() throws Exception {
    try (GatewayServer gateway = gateway()) {
      HttpRequestWriter request =
          HttpRequest.streaming(
              RequestHeaders.builder(HttpMethod.POST, "/lockstep.inference.v1.Inference/Summarize")
                  .set(HttpHeaderNames.CONTENT_TYPE, "application/grpc+proto")
                  .set(HttpHeaderNames.TE, "trailers")
                  .build());
      HttpResponse response = WebClient.of("h2c://127.0.0.1:" + gateway.port()).execute(request);
      // An uncompressed message of eight times the room, of which a quarter comes.
      byte[] prefix = ByteBuffer.allocate(5).put((byte) 0).putInt(8 * ROOM).array();
      var _ = request.tryWrite(HttpData.wrap(prefix));
      var _ = request.tryWrite(HttpData.wrap(new byte[2 * ROOM]));
      AggregatedHttpResponse refused = response.aggregate().get(30, TimeUnit.SECONDS);
      assertEquals(
          Integer.toString(Status.Code.RESOURCE_EXHAUSTED.value()),
          refused.headers().get("grpc-status", refused.trailers().get("grpc-status", "none")),
          refused::toString);
      request.close();
    }
  }

  @Test
  void whatIsAnsweredOrRefusedIsHeldByNobody() throws Exception {
    try (GatewayServer gateway = gateway()) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", gateway.port()).usePlaintext().build();
      try {
        for (int bytes : new int[] {ROOM / 2, 2 * ROOM, ROOM / 2}) {
          Status.Code code = ask(channel, bytes);
          assertEquals(
              bytes > ROOM ? Status.Code.RESOURCE_EXHAUSTED : Status.Code.INVALID_ARGUMENT, code);
        }
      } finally {
        channel.shutdownNow();
      }
      assertTrue(channel.awaitTermination(30, TimeUnit.SECONDS));
      // Each look collects garbage; the ends of calls may be told a moment after their answers.
      String held = held();
      for (int look = 0; look < 50 && !held.isEmpty(); look++) {
        held = held();
      }
      assertTrue(held.isEmpty(), held);
    }
  }

  @Test
  void whoIsSilentOrSlowInTheMiddleOfAMessageIsFound() {
    ArrivalLimit.Holding holding = new ArrivalLimit.Holding(new ByteBudget(ROOM));
    assertEquals(Optional.empty(), holding.tooSlow(Duration.ofHours(1)));
    holding.announced(1000);
    holding.arrived(10);
    assertEquals(Optional.empty(), holding.tooSlow(Duration.ofHours(1)));
    assertTrue(holding.tooSlow(Duration.ofHours(1)).orElseThrow().startsWith("nothing came"));
    holding.arrived(10);
    assertTrue(holding.tooSlow(Duration.ZERO).orElseThrow().contains("took longer than 0 s"));
    holding.arrived(980);
    assertEquals(Optional.empty(), holding.tooSlow(Duration.ZERO), "all of it is there");
  }

  @Test
  void messagesAreFoundWhereverTheRequestIsCutToPieces() {
    byte[] two = {0, 0, 0, 0, 3, 7, 7, 7, 1, 0, 0, 1, 0, 7, 7};
    for (int cut = 0; cut <= two.length; cut++) {
      MessageLengths lengths = lengths("application/grpc+proto");
      List<Long> found = new ArrayList<>(lengths.begun(HttpData.copyOf(two, 0, cut)));
      found.addAll(lengths.begun(HttpData.copyOf(two, cut, two.length - cut)));
      assertEquals(List.of(8L, 261L), found, "cut at " + cut);
    }
  }

  @Test
  void whatHasNoFramesCountsAsItComes() {
    for (String contentType : List.of("application/grpc-web-text", "application/json")) {
      MessageLengths lengths = lengths(contentType);
      // A byte more is awaited until the end.
      assertEquals(List.of(8L), lengths.begun(HttpData.wrap(new byte[7])));
      assertEquals(List.of(9L), lengths.begun(HttpData.wrap(new byte[9])));
    }
  }

  private static MessageLengths lengths(String contentType) {
    return MessageLengths.of(
        RequestHeaders.builder(HttpMethod.POST, "/")
            .set(HttpHeaderNames.CONTENT_TYPE, contentType)
            .build());
  }

  private static Status.Code ask(ManagedChannel channel, int bytes) {
    SummarizeRequest request =
        SummarizeRequest.newBuilder()
            .addPictures(
                Picture.newBuilder().setId("p").setContent(ByteString.copyFrom(new byte[bytes])))
            .build();
    try {
      var _ = InferenceGrpc.newBlockingStub(channel).summarize(request);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  /** The line of the heap's histogram that counts what requests hold; empty if there are none. */
  private static String held() throws Exception {
    String histogram =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
    return histogram
        .lines()
        .filter(line -> line.contains(ArrivalLimit.Holding.class.getName()))
        .findFirst()
        .orElse("");
  }
}
