package io.lockstep.gateway.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.lockstep.client.AnswerSettings;
import io.lockstep.client.Captioned;
import io.lockstep.client.ClientOptions;
import io.lockstep.client.Described;
import io.lockstep.client.Detected;
import io.lockstep.client.GatewayClient;
import io.lockstep.client.GatewayException;
import io.lockstep.client.Group;
import io.lockstep.client.Outcome;
import io.lockstep.client.PictureFile;
import io.lockstep.client.RetryPolicy;
import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.gateway.FakeModel;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.gateway.serving.RequestLimits;
import io.lockstep.gateway.serving.ServingMemory;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.proto.inference.v1.Decoding;
import io.lockstep.proto.inference.v1.InferenceGrpc;
import io.lockstep.proto.inference.v1.JudgeRequest;
import io.lockstep.proto.inference.v1.Picture;
import io.lockstep.proto.inference.v1.PictureSummary;
import io.lockstep.proto.inference.v1.Sampling;
import io.lockstep.proto.inference.v1.SummarizeRequest;
import io.lockstep.proto.inference.v1.SummarizeResponse;
import io.lockstep.security.Endpoint;
import io.lockstep.security.ListenAddress;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir private Path dir;

  /** What the shared gateway's model answers; each test sets its own. */
  private static volatile Function<String, String> answer = prompt -> "";

  /** For all tests that need no options of their own: starting and stopping takes seconds. */
  private static GatewayServer shared;

  @BeforeAll
  static void start(@TempDir Path model) {
    shared =
        serve(
            FakeModel.answering(7, prompt -> answer.apply(prompt)),
            GatewayOptions.of(new ModelSource.Folder(model)));
  }

  @AfterAll
  static void stop() {
    shared.close();
  }

  private static GatewayClient clientOf(Function<String, String> newAnswer) {
    answer = newAnswer;
    return client(shared);
  }

  @Test
  void summariesComeBackInTheOrderOfThePictures() throws Exception {
    try (GatewayClient client = clientOf(prompt -> "saw " + prompt)) {
      List<Path> pictures = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        pictures.add(png("p" + i + ".png", 8 + i, 8));
      }
      assertEquals(
          pictures.stream().map(picture -> "saw <" + picture + ">summary").toList(),
          client.summarize(pictures).stream().map(Described.Summary::text).toList());
    }
  }

  @Test
  void thePicturesOfOneRequestAreBatchedAndAnsweredInOrder() throws Exception {
    FakeModel model = FakeModel.answering(1, prompt -> "saw " + prompt);
    try (GatewayServer gateway = serve(model, options());
        Channel channel = new Channel(gateway.port())) {
      ByteString content = ByteString.copyFrom(Files.readAllBytes(png("a.png", 8, 8)));
      SummarizeRequest.Builder request = SummarizeRequest.newBuilder();
      for (int i = 0; i < 20; i++) {
        request.addPictures(Picture.newBuilder().setId("p" + i).setContent(content));
      }
      SummarizeResponse response =
          InferenceGrpc.newBlockingStub(channel.open).summarize(request.build());

      assertEquals(
          IntStream.range(0, 20).mapToObj(i -> "saw <p" + i + ">summary").toList(),
          response.getSummariesList().stream().map(PictureSummary::getSummary).toList());
      assertEquals(List.of(16, 4), model.batches().stream().map(List::size).toList());
    }
  }

  /** A bare connection, for requests that the client does not make. */
  private static final class Channel implements AutoCloseable {
    private final ManagedChannel open;

    Channel(int port) {
      open = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    @Override
    public void close() {
      open.shutdownNow();
    }
  }

  @Test
  void objectsComeBackInPixelsOfTheirPicture() throws Exception {
    FakeModel model = FakeModel.answering(1, prompt -> "saw " + prompt).detecting();
    try (GatewayServer gateway = serve(model, options());
        GatewayClient client = client(gateway)) {
      PictureFile picture = new PictureFile("front", png("a.png", 80, 40));
      Detected.FoundObject sure = new Detected.FoundObject(20, 20, 60, 40, 0.9, "bolt");
      assertEquals(new Detected("front", 80, 40, List.of(sure)), client.detect(picture, 0.3));
      assertEquals(2, client.detect(picture, 0).objects().size());
      assertEquals(0, client.detect(picture, 1).objects().size());
      // Answers of text are not held up by them.
      assertEquals(
          "saw <front>summary",
          client
              .summarize(List.of(picture), AnswerSettings.DEFAULT, summary -> {})
              .getFirst()
              .text());
    }
  }

  @Test
  void theObjectsOfADenseAnswerComeBackInPixelsOfTheirPicture() throws Exception {
    String dense =
        "{\"object_1\": {\"desc\": \"bolt\", \"bbox_2d\": [25, 50, 75, 100]},"
            + " \"object_2\": {\"desc\": \"rope\", \"line\": [[0, 0], [100, 50]]}}";
    String torn = dense.replace(", \"line\"", ", \"lines\"");
    FakeModel model =
        FakeModel.answering(
                1, prompt -> prompt.contains("torn") ? torn : prompt.contains("mute") ? "" : dense)
            .dense();
    try (GatewayServer gateway = serve(model, options());
        GatewayClient client = client(gateway)) {
      Path picture = png("a.png", 80, 40);
      List<AnsweredObject> objects =
          List.of(
              new AnsweredObject("bolt", new Box(20, 20, 60, 40)),
              new AnsweredObject(
                  "rope", new Polyline(List.of(new Point(0, 0), new Point(80, 20)))));
      List<Captioned> outcomes =
          client.caption(
              Stream.of("whole", "torn", "mute").map(id -> new PictureFile(id, picture)).toList(),
              AnswerSettings.DEFAULT,
              captioned -> {});

      int prompt = "<whole>dense".length();
      assertEquals(
          new Captioned.Parsed(
              "whole",
              new Captioned.Answer(80, 40, objects, dense, prompt, dense.length(), Finish.STOP)),
          outcomes.get(0));
      assertEquals(
          new Captioned.Unparseable(
              "torn",
              "object_2: has an unknown key 'lines'",
              new Captioned.Answer(
                  80, 40, objects.subList(0, 1), torn, prompt - 1, torn.length(), Finish.STOP)),
          outcomes.get(1));
      assertTrue(((Captioned.NoAnswer) outcomes.get(2)).problem().contains("picture mute"));

      Captioned cut =
          client
              .caption(
                  List.of(new PictureFile("whole", picture)),
                  AnswerSettings.greedy(20),
                  captioned -> {})
              .getFirst();
      Captioned.Unparseable half = (Captioned.Unparseable) cut;
      assertEquals(Finish.LENGTH, half.answer().finish());
      assertTrue(half.problem().contains("ends in the middle"), half.problem());
    }
  }

  @Test
  void whatAModelNeverLearnedIsRefusedUnlessItIsAllowed() throws Exception {
    try (GatewayClient client = clientOf(prompt -> "{}")) {
      List<PictureFile> picture = List.of(new PictureFile("front", png("a.png", 80, 40)));
      String refused =
          refusal(() -> client.caption(picture, AnswerSettings.DEFAULT, captioned -> {}));
      assertTrue(refused.contains("INVALID_ARGUMENT"), refused);
      assertTrue(refused.contains("front: the fake was never trained for dense"), refused);
      assertEquals(
          List.of(),
          ((Captioned.Parsed)
                  client
                      .caption(
                          picture, AnswerSettings.DEFAULT.allowingUntrained(true), captioned -> {})
                      .getFirst())
              .answer()
              .objects());
    }
  }

  @Test
  void objectsOfAModelWithoutAHeadAndImpossibleScoresAreRefused() throws Exception {
    try (GatewayClient client = clientOf(prompt -> "x")) {
      PictureFile picture = new PictureFile("front", png("a.png", 80, 40));
      String headless = refusal(() -> client.detect(picture, 0));
      assertTrue(headless.contains("INVALID_ARGUMENT"), headless);
      assertTrue(headless.contains("no detection head"), headless);
      assertTrue(refusal(() -> client.detect(picture, 2)).contains("min_score"));
    }
  }

  @Test
  void theSamePictureTwiceIsAnsweredTwice() throws Exception {
    try (GatewayClient client = clientOf(prompt -> "x")) {
      Path picture = png("a.png", 8, 8);
      List<Described.Summary> summaries = client.summarize(List.of(picture, picture));
      assertEquals(
          List.of(picture.toString(), picture.toString()),
          summaries.stream().map(Described.Summary::id).toList());
    }
  }

  @Test
  void chatStreamsItsPieces() throws Exception {
    try (GatewayClient client = clientOf(prompt -> "一二三")) {
      List<String> pieces = new ArrayList<>();
      assertEquals(
          new GatewayClient.ToldAnswer("一二三", Finish.STOP),
          client.chat(chat("hi"), AnswerSettings.greedy(9), pieces::add));
      assertEquals(List.of("一", "二", "三", ""), pieces);
      assertEquals(3, client.chat(chat("hi"), AnswerSettings.greedy(7)).newTokens());
    }
  }

  @Test
  void everyAnswerSaysWhetherItWasCut() throws Exception {
    try (GatewayClient client = clientOf(prompt -> "Verdict: 通过\nReason: 齐全")) {
      for (Finish finish : Finish.values()) {
        // The limit counts the end token, too.
        int most = "Verdict: 通过\nReason: 齐全".length() + (finish == Finish.STOP ? 1 : 0);
        AnswerSettings settings = AnswerSettings.greedy(most);
        PictureFile picture = new PictureFile("p", png("a.png", 8, 8));
        assertEquals(
            finish, client.summarize(List.of(picture), settings, s -> {}).getFirst().finish());
        assertEquals(finish, client.chat(chat("hi"), settings).finish());
        assertEquals(finish, client.chat(chat("hi"), settings, piece -> {}).finish());
        assertEquals(
            List.of(new Outcome.Judged(new Judgement(Verdict.PASS, "齐全"), finish)),
            client.judge(List.of(new Group("G", "m", List.of("s"))), settings));
      }
      Outcome.Malformed cut =
          (Outcome.Malformed)
              client
                  .judge(List.of(new Group("G", "m", List.of("s"))), AnswerSettings.greedy(9))
                  .getFirst();
      assertEquals("Verdict: ", cut.raw());
      assertEquals(Finish.LENGTH, cut.finish());
      assertTrue(cut.problem().contains("cut by max_new_tokens after 9 tokens"), cut.problem());
    }
  }

  @Test
  void groupsAreJudgedAndAMalformedOrMissingAnswerEndsOnlyItsOwnGroup() throws Exception {
    Function<String, String> judge =
        prompt ->
            prompt.contains("螺丝/缺失")
                ? "Verdict: 不通过\nReason: 螺丝缺失"
                : prompt.contains("odd")
                    ? "Verdict: 待定\nReason: x"
                    : prompt.contains("mute") ? "" : "Verdict: 通过\nReason: 齐全";
    try (GatewayClient client = clientOf(judge)) {
      List<Outcome> outcomes =
          client.judge(
              List.of(
                  new Group("G1", "机柜", List.of("螺丝/完好×2")),
                  new Group("G2", "机柜", List.of("odd")),
                  new Group("G1", "机柜", List.of("螺丝/缺失×1")),
                  new Group("G3", "机柜", List.of("mute"))),
              AnswerSettings.DEFAULT);

      assertEquals(
          new Outcome.Judged(new Judgement(Verdict.PASS, "齐全"), Finish.STOP), outcomes.get(0));
      assertEquals(
          new Outcome.Judged(new Judgement(Verdict.FAIL, "螺丝缺失"), Finish.STOP), outcomes.get(2));
      Outcome.Malformed malformed = (Outcome.Malformed) outcomes.get(1);
      assertEquals("Verdict: 待定\nReason: x", malformed.raw());
      assertTrue(malformed.problem().contains("group G2"), malformed.problem());
      assertTrue(malformed.problem().contains("Verdict: 待定"), malformed.problem());
      String problem = ((Outcome.NoAnswer) outcomes.get(3)).problem();
      assertTrue(problem.contains("group G3"), problem);
      assertTrue(problem.contains("first token <|im_end|> (2) with probability 0.75"), problem);
    }
  }

  @Test
  void aBrokenPictureIsNamed() throws Exception {
    try (GatewayClient client = clientOf(prompt -> "x")) {
      Path broken = png("broken.png", 64, 64);
      byte[] bytes = Files.readAllBytes(broken);
      Files.write(broken, Arrays.copyOf(bytes, bytes.length / 2));
      Path text = Files.writeString(dir.resolve("text.png"), "not a picture");

      for (Path bad : List.of(broken, text)) {
        String message = refusal(() -> client.summarize(List.of(png("a.png", 8, 8), bad)));
        assertTrue(message.contains("GatewayException: Picture " + bad), message);
        // The gateway doesn't rely on its clients for that.
        Content image = new Content.Image(new ImageSource.Bytes("a", Files.readAllBytes(bad)));
        var chat = new Conversation(List.of(new Message(Role.USER, List.of(image))));
        message = refusal(() -> client.chat(chat, AnswerSettings.DEFAULT));
        assertTrue(message.contains("INVALID_ARGUMENT: Picture "), message);
      }
    }
  }

  @Test
  void picturesBeyondTheLimitsAreRefused() throws Exception {
    RequestLimits limits = new RequestLimits(2000, 4000, 1000, 100, 2, 10, 5, OptionalInt.empty());
    GatewayOptions options = options().limitedTo(limits);
    try (GatewayServer gateway = serve(FakeModel.answering(1, prompt -> "x"), options);
        GatewayClient client = client(gateway)) {
      Path large = png("large.png", 11, 10);
      assertTrue(
          refusal(() -> client.summarize(List.of(large))).contains("is 11 x 10; at most 100"));

      Path heavy = longer(png("heavy.png", 8, 8), 2001);
      assertTrue(
          refusal(() -> client.summarize(List.of(heavy))).contains("has 2001 bytes; at most 2000"));

      Path huge = longer(png("huge.png", 8, 8), 5000);
      assertTrue(refusal(() -> client.summarize(List.of(huge))).contains("RESOURCE_EXHAUSTED"));

      assertTrue(
          refusal(() ->
                  client.judge(
                      List.of(new Group("G", "m", List.of("a", "b", "c"))), AnswerSettings.DEFAULT))
              .contains("3 given, 1 to 2"));
      assertTrue(
          refusal(() -> client.chat(chat("hi"), AnswerSettings.greedy(11)))
              .contains("max_new_tokens is 11"));
      // Longer than a message in all: a stream is limited message by message.
      Path small = png("small.png", 10, 10);
      assertEquals(
          200,
          client
              .summarize(
                  IntStream.range(0, 200).mapToObj(i -> new PictureFile("p" + i, small)).toList(),
                  AnswerSettings.DEFAULT,
                  summary -> {})
              .size());
    }
  }

  @Test
  void settingsReachTheModelWhole() throws Exception {
    FakeModel model = FakeModel.answering(1, prompt -> "Verdict: 通过\nReason: x");
    DecodingOptions sampled = new DecodingOptions(0.7, 0.9, 5, 1.1, 2, 80, -17);
    AnswerSettings settings =
        new AnswerSettings(80, 2, new AnswerSettings.Sampling(0.7, 0.9, 5, 1.1, -17), true);
    try (GatewayServer gateway = serve(model, options());
        GatewayClient client = client(gateway)) {
      client.chat(chat("hi"), settings);
      client.chat(chat("hi"), settings, piece -> {});
      client.judge(List.of(new Group("G", "m", List.of("s"))), settings);
      client.summarize(List.of(new PictureFile("p", png("a.png", 8, 8))), settings, summary -> {});
      client.chat(chat("hi"), AnswerSettings.DEFAULT);

      assertEquals(
          new AnswerSettings.Sampling(0.7, 0.8, 20, 1.05, 0), client.model().recommended());
    }
    List<DecodingOptions> asked = new ArrayList<>(Collections.nCopies(4, sampled));
    asked.add(DecodingOptions.greedy(RequestLimits.DEFAULT.defaultNewTokens()));
    assertEquals(asked, model.decodings().stream().map(List::getFirst).toList());
  }

  @Test
  void everySettingOutsideOfItsRangeIsNamed() {
    Decoding wrong =
        Decoding.newBuilder()
            .setMaxNewTokens(9000)
            .setMinNewTokens(-1)
            .setProfileValue(9)
            .setSampling(
                Sampling.newBuilder()
                    .setTemperature(-0.5)
                    .setTopP(0)
                    .setTopK(-3)
                    .setRepetitionPenalty(0))
            .build();
    try (Channel channel = new Channel(shared.port())) {
      String message =
          assertThrows(
                  StatusRuntimeException.class,
                  () ->
                      InferenceGrpc.newBlockingStub(channel.open)
                          .judge(
                              JudgeRequest.newBuilder()
                                  .setGroupId("G")
                                  .setMission("m")
                                  .addSummaries("s")
                                  .setDecoding(wrong)
                                  .build()))
              .toString();
      for (String part :
          List.of(
              "INVALID_ARGUMENT",
              "max_new_tokens is 9000; it must be 0 (default, 2048) to 8192",
              "min_new_tokens is -1",
              "profile is 9",
              "temperature is -0.5",
              "top_p is 0.0",
              "top_k is -3",
              "repetition_penalty is 0.0")) {
        assertTrue(message.contains(part), message);
      }
    }
  }

  @Test
  void aPictureMayHaveSettingsOfItsOwn() throws Exception {
    FakeModel model = FakeModel.answering(1, prompt -> "x");
    try (GatewayServer gateway = serve(model, options());
        Channel channel = new Channel(gateway.port())) {
      ByteString content = ByteString.copyFrom(Files.readAllBytes(png("a.png", 8, 8)));
      InferenceGrpc.newBlockingStub(channel.open)
          .summarize(
              SummarizeRequest.newBuilder()
                  .setDecoding(Decoding.newBuilder().setMaxNewTokens(7))
                  .addPictures(Picture.newBuilder().setId("a").setContent(content))
                  .addPictures(
                      Picture.newBuilder()
                          .setId("b")
                          .setContent(content)
                          .setDecoding(Decoding.newBuilder().setMaxNewTokens(9)))
                  .build());
      assertEquals(
          List.of(7, 9),
          model.decodings().getFirst().stream().map(DecodingOptions::maxNewTokens).toList());
    }
  }

  @Test
  void anEmptySummaryIsAnErrorThatNamesThePicture() throws Exception {
    try (GatewayClient client = clientOf(prompt -> "")) {
      Path picture = png("a.png", 8, 8);
      String message = refusal(() -> client.summarize(List.of(picture)));
      assertTrue(message.contains("FAILED_PRECONDITION: empty generation for picture " + picture));
      assertTrue(
          message.contains("0 new tokens, first token <|im_end|> (2) with probability 0.75"),
          message);
      assertThrows(GatewayException.NoAnswer.class, () -> client.summarize(List.of(picture)));
    }
  }

  @Test
  void aPictureWithoutAnAnswerDoesNotEndTheOthers() throws Exception {
    try (GatewayClient client = clientOf(prompt -> prompt.contains("mute") ? "" : "x")) {
      List<PictureFile> pictures = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        pictures.add(new PictureFile(i == 3 ? "mute" : "p" + i, png("a.png", 8, 8)));
      }
      List<String> told = new ArrayList<>();
      List<Described> outcomes =
          client.describe(pictures, AnswerSettings.DEFAULT, described -> told.add(described.id()));

      List<String> ids = pictures.stream().map(PictureFile::id).toList();
      assertEquals(ids, outcomes.stream().map(Described::id).toList());
      assertEquals(ids.stream().sorted().toList(), told.stream().sorted().toList());
      assertEquals(39, outcomes.stream().filter(Described.Summary.class::isInstance).count());
      String problem = ((Described.NoAnswer) outcomes.get(3)).problem();
      assertTrue(problem.contains("first token <|im_end|> (2) with probability 0.75"), problem);
    }
  }

  @Test
  void reflectionHealthAndModelAnswer() throws Exception {
    try (GatewayClient client = clientOf(prompt -> "x")) {
      assertTrue(client.isServing());
      assertEquals(7, client.model().steps());
      assertTrue(
          client
              .services()
              .containsAll(
                  List.of(
                      "grpc.health.v1.Health",
                      "grpc.reflection.v1.ServerReflection",
                      "lockstep.inference.v1.Inference")),
          () -> client.services().toString());
    }
  }

  @Test
  void plainHttpReachesTheSameService() throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI root = URI.create("http://127.0.0.1:" + shared.port());
      var model =
          http.send(
              HttpRequest.newBuilder(root.resolve("/lockstep.inference.v1.Inference/GetModel"))
                  .header("content-type", "application/json; charset=utf-8")
                  .POST(HttpRequest.BodyPublishers.ofString("{}"))
                  .build(),
              BodyHandlers.ofString());
      assertEquals(200, model.statusCode(), model.body());
      assertTrue(model.body().contains("\"modelType\":\"fake\""), model.body());
      var docs =
          http.send(
              HttpRequest.newBuilder(root.resolve("/docs/")).build(), BodyHandlers.ofString());
      assertEquals(200, docs.statusCode());
      var health =
          http.send(
              HttpRequest.newBuilder(root.resolve("/health")).build(), BodyHandlers.ofString());
      assertEquals(200, health.statusCode());
    }
  }

  @Test
  void aFullQueueIsResourceExhaustedAndACancelledStreamLeavesIt() throws Exception {
    FakeModel model = FakeModel.held(1, prompt -> "x");
    try (GatewayServer gateway = serve(model, options().batching(1, 2));
        GatewayClient client = client(gateway)) {
      Thread holder =
          Thread.ofVirtual().start(() -> client.chat(chat("a"), AnswerSettings.DEFAULT));
      model.awaitStarted(1);
      GatewayClient leaving = impatient(gateway.port());
      Group group = new Group("G", "m", List.of("s"));
      String message =
          refusal(() -> leaving.judge(List.of(group, group, group, group), AnswerSettings.DEFAULT));
      assertTrue(message.contains("RESOURCE_EXHAUSTED"), message);
      leaving.close();
      model.permit(100);
      holder.join();
      assertEquals("x", client.chat(chat("b"), AnswerSettings.DEFAULT).text());
    }
  }

  @Test
  void moreBytesUnderWayThanThereIsRoomForAreRefused() throws Exception {
    ServingMemory little = new ServingMemory(1 << 20, 1 << 20, 1 << 20, 1 << 20);
    try (GatewayServer gateway =
            serve(FakeModel.answering(1, prompt -> "x"), options().within(little));
        Channel channel = new Channel(gateway.port())) {
      ByteString content = ByteString.copyFrom(Files.readAllBytes(png("a.png", 8, 8)));
      Picture.Builder picture = Picture.newBuilder().setId("a");
      var stub = InferenceGrpc.newBlockingStub(channel.open);
      SummarizeRequest heavy =
          SummarizeRequest.newBuilder()
              .addPictures(
                  picture.setContent(content.concat(ByteString.copyFrom(new byte[2 << 20]))))
              .build();
      StatusRuntimeException refused =
          assertThrows(StatusRuntimeException.class, () -> stub.summarize(heavy));
      assertTrue(refused.toString().contains("RESOURCE_EXHAUSTED"), refused.toString());
      assertTrue(refused.toString().contains("at most 917504 may be"), refused.toString());
      // What was refused holds nothing.
      SummarizeRequest light =
          SummarizeRequest.newBuilder().addPictures(picture.setContent(content)).build();
      assertEquals(1, stub.summarize(light).getSummariesCount());
    }
  }

  @Test
  void aTakenPortIsOneLineWithTheFix() {
    FakeModel model = FakeModel.answering(1, prompt -> "x");
    try (GatewayServer first = serve(model, options())) {
      GatewayOptions same = options().at(ListenAddress.local("127.0.0.1", first.port()));
      String message =
          assertThrows(IllegalStateException.class, () -> serve(model, same)).toString();
      assertTrue(message.contains("127.0.0.1:" + first.port()), message);
      assertTrue(message.contains("--port"), message);
      assertFalse(message.contains("\n"), message);
    }
  }

  @Test
  void thePageHasDescriptionsExamplesAndNothingFromElsewhere() throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    String base = "http://127.0.0.1:" + shared.port() + "/docs/";
    var page = http.send(HttpRequest.newBuilder(URI.create(base)).build(), BodyHandlers.ofString());
    assertEquals(200, page.statusCode());
    assertFalse(page.body().contains("https://"), page.body());
    assertTrue(
        page.headers()
            .firstValue("content-security-policy")
            .orElse("")
            .startsWith("default-src 'self'"));
    String specification =
        http.send(
                HttpRequest.newBuilder(URI.create(base + "specification.json")).build(),
                BodyHandlers.ofString())
            .body();
    assertTrue(specification.contains("Stage-B for one group"), specification);
    assertTrue(specification.contains("挡风板安装检查"), specification);
  }

  @Test
  @SuppressWarnings("deprecation") // That is what is tested.
  void olderClientsOfReflectionAreAnswered() throws Exception {
    try (Channel channel = new Channel(shared.port())) {
      CompletableFuture<String> services = new CompletableFuture<>();
      var requests =
          io.grpc.reflection.v1alpha.ServerReflectionGrpc.newStub(channel.open)
              .serverReflectionInfo(
                  new StreamObserver<io.grpc.reflection.v1alpha.ServerReflectionResponse>() {
                    @Override
                    public void onNext(
                        io.grpc.reflection.v1alpha.ServerReflectionResponse response) {
                      services.complete(response.toString());
                    }

                    @Override
                    public void onError(Throwable failure) {
                      services.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {}
                  });
      requests.onNext(
          io.grpc.reflection.v1alpha.ServerReflectionRequest.newBuilder()
              .setListServices("")
              .build());
      assertTrue(services.join().contains("lockstep.inference.v1.Inference"), services.join());
    }
  }

  @Test
  void aHostThatOthersCanReachMustBeMeant() {
    FakeModel model = FakeModel.answering(1, prompt -> "x");
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> serve(model, options().at(ListenAddress.local("0.0.0.0", 0))))
            .toString();
    assertTrue(message.contains("--allow-remote"), message);
  }

  @Test
  void aFolderThatIsNoneStopsTheStart() {
    GatewayOptions options = GatewayOptions.of(new ModelSource.Folder(dir.resolve("nowhere")));
    String message =
        assertThrows(
                RuntimeException.class,
                () ->
                    GatewayServer.start(
                        options, (path, steps) -> FakeModel.answering(steps, prompt -> "x")))
            .toString();
    assertTrue(message.contains("nowhere is not a folder"), message);
  }

  @Test
  void aGatewayThatIsNotThereIsNamed() {
    try (GatewayClient client = impatient(1)) {
      String message = refusal(client::model);
      assertTrue(message.contains("gateway 127.0.0.1:1"), message);
      assertTrue(message.contains("gateway start"), message);
    }
  }

  private GatewayOptions options() {
    return GatewayOptions.of(new ModelSource.Folder(dir));
  }

  private static GatewayServer serve(FakeModel model, GatewayOptions options) {
    return GatewayServer.start(options, (path, steps) -> model);
  }

  private static GatewayClient client(GatewayServer gateway) {
    GatewayClient client = GatewayClient.connect("127.0.0.1:" + gateway.port());
    client.awaitServing(TIMEOUT);
    return client;
  }

  /** One that asks once. */
  private static GatewayClient impatient(int port) {
    return GatewayClient.connect(
        Endpoint.local(port), ClientOptions.DEFAULT.withRetries(RetryPolicy.NEVER));
  }

  private static Conversation chat(String text) {
    return new Conversation(List.of(Message.text(Role.USER, text)));
  }

  private interface Action {
    void run() throws Exception;
  }

  private static String refusal(Action action) {
    return assertThrows(GatewayException.class, action::run).toString();
  }

  /** What follows the end of a PNG doesn't belong to the picture. */
  private static Path longer(Path png, int bytes) throws IOException {
    return Files.write(png, Arrays.copyOf(Files.readAllBytes(png), bytes));
  }

  private Path png(String name, int width, int height) throws IOException {
    Path file = dir.resolve(name);
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    assertTrue(ImageIO.write(image, "png", file.toFile()));
    return file;
  }
}
