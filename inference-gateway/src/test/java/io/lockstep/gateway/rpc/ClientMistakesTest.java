package io.lockstep.gateway.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.proto.inference.v1.ChatContent;
import io.lockstep.proto.inference.v1.ChatMessage;
import io.lockstep.proto.inference.v1.ChatMessage.Role;
import io.lockstep.proto.inference.v1.ChatRequest;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.GetModelRequest;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.Sampling;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.UnaryOperator;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with a request is said as such, with its place, over gRPC and over JSON alike. */
class ClientMistakesTest {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static GatewayServer gateway;
  private static ManagedChannel channel;

  @BeforeAll
  static void start(@TempDir Path model) {
    gateway =
        GatewayServer.start(
            GatewayOptions.of(new ModelSource.Folder(model)),
            (path, steps) -> FakeModel.answering(7, prompt -> "Verdict: 通过\nReason: x"));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", gateway.port()).usePlaintext().build();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    gateway.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "Chat|{`messages`: [], `stop`: [`x`]}|stop: there is no such field",
        "Caption|{`id`: ``, `content`: ``}|id is empty",
        "Caption|{`id`: `a`, `content`: ``}|content is empty",
        "Caption|{`id`: `a`, `mode`: `dense`}|mode: there is no such field",
        "Chat|{`temperature`: 0.5}|temperature: there is no such field",
        "Chat|{`mesages`: []}|mesages: there is no such field, did you mean messages?",
        "Chat|{`decoding`: {`max_tokens`: 5}}|decoding.max_tokens: there is no such field",
        "Chat|{`decoding`: {`sampling`: {`temperature`: `NaN`}}, `messages`: [#u]}|temperature is"
            + " NaN",
        "Chat|{`decoding`: {`sampling`: {`temperature`: `hot`}}}|decoding.sampling.temperature: is"
            + " hot",
        "Chat|{`decoding`: {`sampling`: {`temperature`: 1e400}}, `messages`: [#u]}|temperature is"
            + " Infinity",
        "Chat|{`decoding`: {`sampling`: {`topP`: 1.5}}, `messages`: [#u]}|top_p is 1.5",
        "Chat|{`decoding`: {`sampling`: {`top_k`: -1}}, `messages`: [#u]}|top_k is -1",
        "Chat|{`decoding`: {`sampling`: {`top_k`: 2.5}}, `messages`: [#u]}|decoding.sampling.top_k:"
            + " is 2.5",
        "Chat|{`decoding`: {`sampling`: {`repetition_penalty`: 0}}, `messages`:"
            + " [#u]}|repetition_penalty is 0",
        "Chat|{`decoding`: {`sampling`: {`seed`: 9223372036854775808}}}|decoding.sampling.seed: is"
            + " 9223372036854775808",
        "Chat|{`decoding`: {`sampling`: 1}}|decoding.sampling: must be an object",
        "Chat|{`decoding`: {`max_new_tokens`: 99999999999}}|decoding.max_new_tokens: is"
            + " 99999999999",
        "Chat|{`decoding`: {`max_new_tokens`: -1}, `messages`: [#u]}|max_new_tokens is -1",
        "Chat|{`decoding`: {`max_new_tokens`: 8193}, `messages`: [#u]}|max_new_tokens is 8193",
        "Chat|{`decoding`: {`min_new_tokens`: -1}, `messages`: [#u]}|min_new_tokens is -1",
        "Chat|{`decoding`: {`profile`: `PROFILE_FAST`}}|decoding.profile: is PROFILE_FAST",
        "Chat|{`decoding`: {`profile`: 7}, `messages`: [#u]}|profile is 7",
        "Chat|{}|messages is empty",
        "Chat|{`messages`: {}}|messages: must be a list",
        "Chat|{`messages`: [#u, #u]}|messages[1] is the user's",
        "Chat|{`messages`: [#a, #u]}|messages[0] is the assistant's",
        "Chat|{`messages`: [#u, #a]}|the last message must be the user's",
        "Chat|{`messages`: [#u, #a, #s]}|messages[2]: a system message comes first",
        "Chat|{`messages`: [{`contents`: [{`text`: `x`}]}]}|messages[0] has no role",
        "Chat|{`messages`: [{`role`: `user`, `contents`: []}]}|messages[0].role: is user",
        "Chat|{`messages`: [{`role`: `ROLE_USER`}]}|messages[0] has no contents",
        "Chat|{`messages`: [{`role`: `ROLE_USER`, `contents`: [{}]}]}|messages[0].contents[0] is"
            + " neither",
        "Chat|{`messages`: [{`role`: `ROLE_USER`, `contents`: [{`text`:"
            + " `a\\ud800b`}]}]}|messages[0].contents[0].text holds half of a character",
        "Chat|{`messages`: [{`role`: `ROLE_USER`, `contents`: [{`text`:"
            + " `a\\u0000`}]}]}|messages[0].contents[0].text holds NUL",
        "Chat|{`messages`: [{`role`: `ROLE_USER`, `contents`: [{`text`:"
            + " 5}]}]}|messages[0].contents[0].text: must be a text",
        "Chat|{`messages`: [{`role`: `ROLE_USER`, `contents`: [{`text`: `a`, `image`:"
            + " `AAAA`}]}]}|messages[0].contents[0].image: text is given already",
        "Chat|{`messages`: [{`role`: `ROLE_USER`, `contents`: [{`image`:"
            + " `?!`}]}]}|messages[0].contents[0].image: is not base64",
        "Chat|{`messages`: [{`role`: `ROLE_USER`, `contents`: [{`image`:"
            + " ``}]}]}|messages[0].contents[0] is empty",
        "Chat|{`messages`: [{`role`: `ROLE_USER`, `contents`: [{`image`:"
            + " `AAAA`}]}]}|messages[0].contents[0]",
        "Chat|{`messages`: [|the request is not JSON",
        "Chat|{} {}|the request: has something behind its end",
        "Chat|{`messages`: [], `messages`: []}|the request is not JSON: Duplicate",
        "Chat|[]|the request: is no JSON object",
        "Summarize|{`pictures`: []}|pictures: 0 given",
        "Summarize|{`pictures`: [{`content`: `AAAA`}]}|pictures[0].id is empty",
        "Summarize|{`pictures`: [{`id`: `a`, `content`: `AAAA`}]}|pictures[0].content: Picture a",
        "Summarize|{`pictures`: [{`id`: `a`}]}|pictures[0].content is empty",
        "Summarize|{`pictures`: [{`id`: `a`, `size`: 4}]}|pictures[0].size: there is no such field",
        "Judge|{}|group_id is empty",
        "Judge|{`group_id`: `g`}|group g: summaries: 0 given",
        "Judge|{`group_id`: `g`, `summaries`: [`s`]}|mission",
        "Judge|{`group_id`: `g`, `mission`: `m`, `summaries`: [` `]}|summary of image_1 is empty",
        "Judge|{`group_id`: `g`, `mission`: `m\\ud83d`, `summaries`: [`s`]}|mission holds half of a"
            + " character",
        "GetModel|{`name`: `x`}|name: there is no such field",
      })
  void aWrongFieldOfJsonIsNamed(String method, String json, String problem) throws Exception {
    String body =
        json.replace("#u", "{`role`: `ROLE_USER`, `contents`: [{`text`: `hi`}]}")
            .replace("#a", "{`role`: `ROLE_ASSISTANT`, `contents`: [{`text`: `hi`}]}")
            .replace("#s", "{`role`: `ROLE_SYSTEM`, `contents`: [{`text`: `hi`}]}")
            .replace('`', '"');
    HttpResponse<String> response = post(method, body.getBytes(StandardCharsets.UTF_8));
    assertTrue(response.body().contains(problem.replace("\"", "")), response.body());
    assertEquals(400, response.statusCode(), response.body());
  }

  @Test
  void textOfJsonThatIsNotUtf8IsRefused() throws Exception {
    byte[] body = "{\"group_id\": \"??\"}".getBytes(StandardCharsets.UTF_8);
    body[14] = (byte) 0xFF;
    HttpResponse<String> response = post("Judge", body);
    assertEquals(400, response.statusCode(), response.body());
    assertTrue(response.body().contains("UTF-8"), response.body());
  }

  @ParameterizedTest
  @CsvSource({"temperature", "top_p", "top_k", "repetition_penalty", "max_new_tokens"})
  void aWrongSettingIsNamed(String field) {
    Sampling.Builder sampling = Sampling.newBuilder();
    Decoding.Builder decoding = Decoding.newBuilder();
    switch (field) {
      case "temperature" -> sampling.setTemperature(Double.NaN);
      case "top_p" -> sampling.setTopP(Double.NEGATIVE_INFINITY);
      case "top_k" -> sampling.setTopK(Integer.MIN_VALUE);
      case "repetition_penalty" -> sampling.setRepetitionPenalty(Double.NaN);
      default -> decoding.setMaxNewTokens(Integer.MAX_VALUE);
    }
    String problem = refused(chat -> chat.setDecoding(decoding.setSampling(sampling)));
    assertTrue(problem.contains("decoding: " + field + " is "), problem);
  }

  @Test
  void turnsOutOfOrderAreRefused() {
    String problem = refused(chat -> chat.addMessages(turn(Role.ROLE_USER, "again")));
    assertTrue(problem.contains("messages[1] is the user's"), problem);
    problem = refused(chat -> chat.setMessages(0, turn(Role.ROLE_ASSISTANT, "I begin")));
    assertTrue(problem.contains("messages[0] is the assistant's"), problem);
  }

  @Test
  void aFieldOfANewerClientIsNotDropped() {
    UnknownFieldSet newer =
        UnknownFieldSet.newBuilder()
            .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    String problem =
        refused(chat -> chat.setDecoding(Decoding.newBuilder().setUnknownFields(newer)));
    assertTrue(problem.contains("decoding: field number 77 is not known here"), problem);
    StatusRuntimeException ofModel =
        assertThrows(
            StatusRuntimeException.class,
            () ->
                InferenceGrpc.newBlockingStub(channel)
                    .getModel(GetModelRequest.newBuilder().setUnknownFields(newer).build()));
    String said = String.valueOf(ofModel.getMessage());
    assertTrue(said.contains("GetModelRequest: field number 77 is not known here"), said);
  }

  @Test
  void aMessageThatIsNoneIsTheClientsMistake() {
    for (byte[] bytes :
        new byte[][] {
          {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF},
          {10, 1, (byte) 0xFF}, // group_id, one byte that is not UTF-8
        }) {
      MethodDescriptor<byte[], byte[]> method =
          MethodDescriptor.newBuilder(new Bytes(), new Bytes())
              .setType(MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(InferenceGrpc.getJudgeMethod().getFullMethodName())
              .build();
      StatusRuntimeException refused =
          assertThrows(
              StatusRuntimeException.class,
              () -> ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, bytes));
      assertEquals(Status.Code.INVALID_ARGUMENT, refused.getStatus().getCode(), refused.toString());
    }
  }

  @Test
  void textIsLimitedBeforeItBecomesTokensAlsoWhenItComesCompressed() {
    String long1 = "a".repeat((1 << 20) + 1);
    String problem = refused(chat -> chat.setMessages(0, turn(Role.ROLE_USER, long1)));
    assertTrue(problem.contains("more than the 1048576 bytes that are accepted"), problem);

    ChatRequest compressible =
        ChatRequest.newBuilder().addMessages(turn(Role.ROLE_USER, "a".repeat(60 << 20))).build();
    StatusRuntimeException refused =
        assertThrows(
            StatusRuntimeException.class,
            () ->
                InferenceGrpc.newBlockingStub(channel).withCompression("gzip").chat(compressible));
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, refused.getStatus().getCode());
    assertTrue(refused.toString().contains("without compression"), refused.toString());

    ChatRequest small =
        ChatRequest.newBuilder().addMessages(turn(Role.ROLE_USER, "a".repeat(1 << 16))).build();
    assertTrue(
        InferenceGrpc.newBlockingStub(channel)
            .withCompression("gzip")
            .chat(small)
            .getText()
            .contains("Verdict"));
  }

  @Test
  void aPictureThatTheModelCantTakeIsRefusedBeforeItIsQueued() throws IOException {
    byte[] flat = png(300, 1);
    StatusRuntimeException refused =
        assertThrows(
            StatusRuntimeException.class,
            () ->
                InferenceGrpc.newBlockingStub(channel)
                    .summarize(
                        SummarizeRequest.newBuilder()
                            .addPictures(
                                Picture.newBuilder().setId("ok").setContent(bytes(png(8, 8))))
                            .addPictures(Picture.newBuilder().setId("flat").setContent(bytes(flat)))
                            .build()));
    assertEquals(Status.Code.INVALID_ARGUMENT, refused.getStatus().getCode());
    assertTrue(
        refused.toString().contains("pictures[1].content: Picture flat is 300 x 1"),
        refused.toString());
  }

  @Test
  void aPictureOfTheDocumentedSizeComesAsJsonToo() throws Exception {
    byte[] heavy = Arrays.copyOf(png(8, 8), 32 << 20);
    String json =
        "{\"pictures\": [{\"id\": \"a\", \"content\": \"%s\"}]}"
            .formatted(Base64.getEncoder().encodeToString(heavy));
    HttpResponse<String> response = post("Summarize", json.getBytes(StandardCharsets.UTF_8));
    assertEquals(200, response.statusCode(), response.body());
  }

  @Test
  void aMessageThatEndsBeforeItsLengthIsTheClientsMistake() throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(
                      URI.create(
                          "http://127.0.0.1:%d/lockstep.inference.v1.Inference/GetModel"
                              .formatted(gateway.port())))
                  .header("Content-Type", "application/grpc")
                  .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {0, 0, 0, 0, 100, 1}))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(
          Integer.toString(Status.Code.INVALID_ARGUMENT.value()),
          answer.headers().firstValue("grpc-status").orElse("none"));
    }
  }

  @Test
  void judgementsOverJsonAreAnswered() throws Exception {
    String json =
        "{\"groupId\": \"g\", \"mission\": \"m\", \"summaries\": [\"s\"], \"decoding\": null}";
    HttpResponse<String> response = post("Judge", json.getBytes(StandardCharsets.UTF_8));
    assertEquals(200, response.statusCode(), response.body());
    assertTrue(response.body().contains("VERDICT_PASS"), response.body());
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** What is said about a chat that is right but for one change. */
  private static String refused(UnaryOperator<ChatRequest.Builder> change) {
    ChatRequest request =
        change.apply(ChatRequest.newBuilder().addMessages(turn(Role.ROLE_USER, "hi"))).build();
    StatusRuntimeException refused =
        assertThrows(
            StatusRuntimeException.class,
            () -> InferenceGrpc.newBlockingStub(channel).chat(request));
    assertEquals(Status.Code.INVALID_ARGUMENT, refused.getStatus().getCode(), refused.toString());
    return refused.toString();
  }

  private static ChatMessage turn(Role role, String text) {
    return ChatMessage.newBuilder()
        .setRole(role)
        .addContents(ChatContent.newBuilder().setText(text))
        .build();
  }

  private static HttpResponse<String> post(String method, byte[] body) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:%d/lockstep.inference.v1.Inference/%s"
                        .formatted(gateway.port(), method)))
            .header("content-type", "application/json; charset=utf-8")
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static ByteString bytes(byte[] bytes) {
    return ByteString.copyFrom(bytes);
  }

  private static byte[] png(int width, int height) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", out);
    return out.toByteArray();
  }
}
