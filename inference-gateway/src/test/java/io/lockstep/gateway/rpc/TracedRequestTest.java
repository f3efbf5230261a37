package io.lockstep.gateway.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.gateway.telemetry.GatewayTelemetry;
import io.lockstep.operations.ProcessRegistry;
import io.lockstep.operations.trace.RecordedTraces;
import io.lockstep.operations.trace.TraceContext;
import io.lockstep.proto.inference.v1.ChatContent;
import io.lockstep.proto.inference.v1.ChatMessage;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TracedRequestTest {

  private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  private static final ChatRequest QUESTION =
      ChatRequest.newBuilder()
          .addMessages(
              ChatMessage.newBuilder()
                  .setRole(ChatMessage.Role.ROLE_USER)
                  .addContents(ChatContent.newBuilder().setText("a secret question")))
          .build();

  @Test
  void aRequestIsAPartOfItsCallersTrace(@TempDir Path model) throws Exception {
    RecordedTraces traces = new RecordedTraces();
    GatewayTelemetry telemetry =
        new GatewayTelemetry(new ProcessRegistry("gateway", Optional.empty()));
    telemetry.tracedBy(traces);
    try (GatewayServer gateway =
        GatewayServer.start(
            GatewayOptions.of(new ModelSource.Folder(model)),
            (path, steps) -> FakeModel.answering(7, prompt -> "a secret answer"),
            telemetry)) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", gateway.port()).usePlaintext().build();
      Metadata headers = new Metadata();
      headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), PARENT);
      InferenceGrpc.newBlockingStub(channel)
          .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
          .chat(QUESTION);
      InferenceGrpc.newBlockingStub(channel).chat(QUESTION);
      channel.shutdownNow();
      try (HttpClient http = HttpClient.newHttpClient()) {
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://127.0.0.1:%d/lockstep.inference.v1.Inference/Chat"
                                .formatted(gateway.port())))
                    .header("Content-Type", "application/json")
                    .header("traceparent", PARENT)
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            "{\"messages\":[{\"role\":\"ROLE_USER\",\"contents\":[{\"text\":\"x\"}]}]}"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer::body);
      }
      List<RecordedTraces.Told> told = traces.await(3);
      assertEquals(TraceContext.parse(PARENT), told.get(0).parent());
      assertEquals(Optional.empty(), told.get(1).parent());
      assertEquals(TraceContext.parse(PARENT), told.get(2).parent());
      for (RecordedTraces.Told request : told) {
        assertEquals("request", request.span().name());
        assertTrue(request.parts().containsAll(List.of("queue", "prefill")), request::toString);
        assertEquals(7L, request.span().attributes().get("step"));
        assertFalse(request.toString().contains("secret"), request::toString);
      }
    }
  }
}
