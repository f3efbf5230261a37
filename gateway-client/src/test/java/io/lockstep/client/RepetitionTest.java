package io.lockstep.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which requests are made again, and which are not. */
class RepetitionTest {

  private static final RetryPolicy THRICE =
      new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(1));
  private static final Conversation QUESTION =
      new Conversation(List.of(Message.text(Role.USER, "hi")));

  @TempDir private Path dir;

  private static StatusRuntimeException away() {
    return Status.UNAVAILABLE.withDescription("no checkpoint is loaded yet").asRuntimeException();
  }

  private static StatusRuntimeException tooLarge() {
    return Status.RESOURCE_EXHAUSTED
        .withDescription("5000 bytes; at most 4000")
        .asRuntimeException();
  }

  private static StatusRuntimeException full(int nanos) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
            .setMessage("256 requests wait")
            .addDetails(
                Any.pack(
                    RetryInfo.newBuilder()
                        .setRetryDelay(com.google.protobuf.Duration.newBuilder().setNanos(nanos))
                        .build()))
            .build());
  }

  private static GatewayClient client(FakeGateway gateway, RetryPolicy retries) {
    return GatewayClient.connect(gateway.endpoint(), ClientOptions.DEFAULT.withRetries(retries));
  }

  @Test
  void waitsGrowUpToALimitUnlessTheGatewaySaysWhen() {
    RetryPolicy policy = new RetryPolicy(50, Duration.ofMillis(250), Duration.ofSeconds(10));
    assertEquals(
        List.of(250L, 500L, 1000L, 10_000L),
        IntStream.of(1, 2, 3, 49)
            .mapToObj(failures -> policy.delay(away(), failures).orElseThrow().toMillis())
            .toList());
    assertEquals(Optional.of(Duration.ofNanos(7)), policy.delay(full(7), 3));
    assertEquals(Optional.empty(), policy.delay(full(7), 50));
    assertEquals(Optional.empty(), policy.delay(tooLarge(), 1));
    assertEquals(Optional.empty(), policy.delay(Status.INTERNAL.asRuntimeException(), 1));
    assertEquals(Optional.empty(), RetryPolicy.NEVER.delay(away(), 1));
  }

  @Test
  void whatTheGatewayHasNoRoomForIsAskedAgain() throws Exception {
    try (FakeGateway gateway = new FakeGateway().failing(full(1), away());
        GatewayClient client = client(gateway, THRICE)) {
      assertEquals("two", client.chat(QUESTION, AnswerSettings.DEFAULT).text());
      assertEquals(List.of("chat", "chat", "chat"), gateway.asked());
    }
  }

  @Test
  void afterTheLastAttemptTheFailureIsTold() throws Exception {
    try (FakeGateway gateway = new FakeGateway().failing(away(), away(), away());
        GatewayClient client = client(gateway, THRICE)) {
      GatewayException told =
          assertThrows(GatewayException.class, () -> client.chat(QUESTION, AnswerSettings.DEFAULT));
      assertEquals(Status.Code.UNAVAILABLE, told.code());
      assertTrue(told.toString().contains("gateway " + gateway.endpoint()), told.toString());
      assertTrue(told.toString().contains("no checkpoint is loaded yet"), told.toString());
    }
  }

  @Test
  void whatIsWrongInItselfIsAskedOnce() throws Exception {
    try (FakeGateway gateway = new FakeGateway().failing(tooLarge());
        GatewayClient client = client(gateway, THRICE)) {
      Group group = new Group("G", "m", List.of("s"));
      GatewayException told =
          assertThrows(
              GatewayException.class, () -> client.judge(List.of(group), AnswerSettings.DEFAULT));
      assertEquals(Status.Code.RESOURCE_EXHAUSTED, told.code());
      assertEquals(List.of("G"), gateway.asked());
    }
  }

  @Test
  void aStreamGoesOnWithWhatHasNoAnswerYet() throws Exception {
    Path file = dir.resolve("a.png");
    assertTrue(
        ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), "png", file.toFile()));
    List<PictureFile> pictures =
        IntStream.range(0, 3).mapToObj(i -> new PictureFile("p" + i, file)).toList();
    List<String> told = Collections.synchronizedList(new ArrayList<>());
    try (FakeGateway gateway = new FakeGateway();
        GatewayClient client = client(gateway, THRICE)) {
      gateway.failing(away());
      List<String> summaries =
          client
              .summarize(pictures, AnswerSettings.DEFAULT, summary -> told.add(summary.id()))
              .stream()
              .map(Described.Summary::id)
              .toList();
      assertEquals(List.of("p0", "p1", "p2"), summaries);
      assertEquals(List.of("p0", "p1", "p2"), told);
      assertEquals("p0", gateway.asked().getFirst());
      assertEquals(2, Collections.frequency(gateway.asked(), "p0"));
    }
  }

  @Test
  void aTurnThatHasBegunIsNotBegunAgain() throws Exception {
    List<String> pieces = new ArrayList<>();
    try (FakeGateway gateway = new FakeGateway().failing(away());
        GatewayClient client = client(gateway, THRICE)) {
      assertThrows(
          GatewayException.class, () -> client.chat(QUESTION, AnswerSettings.DEFAULT, pieces::add));
      assertEquals(List.of("two"), pieces);
    }
  }

  @Test
  void aWaitBeyondTheDeadlineIsNotBegun() throws Exception {
    RetryPolicy slow = new RetryPolicy(3, Duration.ofHours(1), Duration.ofHours(1));
    ClientOptions options =
        ClientOptions.DEFAULT.withRetries(slow).withDeadline(Duration.ofMinutes(1));
    try (FakeGateway gateway = new FakeGateway().failing(away());
        GatewayClient client = GatewayClient.connect(gateway.endpoint(), options)) {
      GatewayException told =
          assertThrows(GatewayException.class, () -> client.chat(QUESTION, AnswerSettings.DEFAULT));
      assertEquals(Status.Code.UNAVAILABLE, told.code());
    }
  }

  @Test
  void anAnswerThatTakesLongerThanTheDeadlineIsGivenUp() throws Exception {
    ClientOptions options = ClientOptions.DEFAULT.withDeadline(Duration.ofMillis(50));
    try (FakeGateway gateway = new FakeGateway().silent();
        GatewayClient client = GatewayClient.connect(gateway.endpoint(), options)) {
      GatewayException told =
          assertThrows(GatewayException.class, () -> client.chat(QUESTION, AnswerSettings.DEFAULT));
      assertEquals(Status.Code.DEADLINE_EXCEEDED, told.code());
    }
  }
}
