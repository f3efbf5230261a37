package io.lockstep.gateway.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.gateway.serving.ServingMemory;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages of 20 MiB, more at once than there is room for. */
class LargeMessagesTest {

  private static final int AT_ONCE = 6;

  /** Two of the messages, and the eighth that is left to small ones. */
  private static final long ROOM = 48L << 20;

  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void eachIsAnsweredOrRefusedAndItsConnectionGoesOn(int connections) throws Exception {
    SummarizeRequest large = request(10 << 20, 2);
    SummarizeRequest small = request(0, 1);
    List<ManagedChannel> channels = new ArrayList<>();
    try (GatewayServer gateway =
            GatewayServer.start(
                GatewayOptions.of(new ModelSource.Folder(dir))
                    .within(new ServingMemory(ROOM, 64 << 20, 64 << 20, 1 << 20)),
                (path, steps) -> FakeModel.answering(1, prompt -> "x"));
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < connections; i++) {
        channels.add(
            NettyChannelBuilder.forAddress("127.0.0.1", gateway.port()).usePlaintext().build());
      }
      List<CompletableFuture<Status.Code>> outcomes = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        ManagedChannel channel = channels.get(i % connections);
        outcomes.add(CompletableFuture.supplyAsync(() -> outcome(channel, large), clients));
      }
      List<Status.Code> codes = outcomes.stream().map(CompletableFuture::join).toList();

      assertTrue(codes.stream().filter(Status.Code.OK::equals).count() >= 2, codes.toString());
      assertEquals(
          List.of(),
          codes.stream()
              .filter(code -> code != Status.Code.OK && code != Status.Code.RESOURCE_EXHAUSTED)
              .toList());
      for (ManagedChannel channel : channels) {
        assertEquals(Status.Code.OK, outcome(channel, small));
        // What was refused holds nothing.
        assertEquals(Status.Code.OK, outcome(channel, large));
      }
    } finally {
      channels.forEach(ManagedChannel::shutdownNow);
    }
  }

  private static Status.Code outcome(ManagedChannel channel, SummarizeRequest request) {
    try {
      var _ = InferenceGrpc.newBlockingStub(channel).summarize(request);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  /** Pictures of a few pixels with so many bytes behind them. */
  private static SummarizeRequest request(int padding, int pictures) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), "png", png);
    ByteString content =
        ByteString.copyFrom(png.toByteArray()).concat(ByteString.copyFrom(new byte[padding]));
    return SummarizeRequest.newBuilder()
        .addAllPictures(
            Stream.iterate(0, i -> i + 1)
                .limit(pictures)
                .map(i -> Picture.newBuilder().setId("p" + i).setContent(content).build())
                .toList())
        .build();
  }
}
