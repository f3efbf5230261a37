package io.lockstep.gateway.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.client.AnswerSettings;
import io.lockstep.client.GatewayClient;
import io.lockstep.client.GatewayException;
import io.lockstep.client.PictureFile;
import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import io.lockstep.gateway.GatewayOptions;
import io.lockstep.gateway.GatewayServer;
import io.lockstep.gateway.ModelSource;
import io.lockstep.model.align.certificate.CertificateWriter;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.align.certificate.Uncertified;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.context.ContextExceededException;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.Generation;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationOptions;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.GenerationResult;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.generate.Prompt;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CheckpointModelTest {

  private static final Path REFERENCE = GoldenFamily.QWEN3_VL.checkpoint();

  @TempDir private Path dir;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @BeforeEach
  void copyReference() throws IOException {
    try (Stream<Path> files = Files.list(REFERENCE)) {
      for (Path file : files.toList()) {
        Files.copy(file, dir.resolve(file.getFileName()));
      }
    }
  }

  @Test
  void whatIsLongerThanTheModelsContextIsRefusedBeforeItEntersABatch() throws Exception {
    try (CheckpointModel model =
        CheckpointModel.open(dir, 3, CertificatePolicy.REQUIRED_OF_TRAINING)) {
      Conversation asked = new Conversation(List.of(Message.text(Role.USER, "0 ".repeat(3000))));
      GenerationRequest tooLong =
          new GenerationRequest("the request", asked, DecodingOptions.greedy(6));
      String refused =
          assertThrows(ContextExceededException.class, () -> model.prepare(tooLong, () -> false))
              .toString();
      assertTrue(refused.contains("the request has 600"), refused);
      assertTrue(refused.contains("but the model takes 4096 at most"), refused);
    }
  }

  @Test
  void aLowerLimitThanTheModelsIsHeldToAndADefaultGivesWay() throws Exception {
    Conversation asked = new Conversation(List.of(Message.text(Role.USER, "0 ".repeat(20))));
    try (CheckpointModel model =
        CheckpointModel.open(dir, 3, CertificatePolicy.REQUIRED_OF_TRAINING, OptionalInt.of(100))) {
      GenerationRequest exact =
          new GenerationRequest("the request", asked, DecodingOptions.greedy(90));
      String refused =
          assertThrows(ContextExceededException.class, () -> model.prepare(exact, () -> false))
              .toString();
      assertTrue(refused.contains("but this gateway takes 100 at most"), refused);

      Prompt prompt =
          model.prepare(
              new GenerationRequest("the request", asked, DecodingOptions.greedy(2048), true),
              () -> false);
      assertEquals(
          100 - prompt.sample().tokens().length, prompt.request().decoding().maxNewTokens());
    }
    String refused =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    CheckpointModel.open(
                        dir, 3, CertificatePolicy.REQUIRED_OF_TRAINING, OptionalInt.of(5000)))
            .toString();
    assertTrue(refused.contains("--max-model-len is 5000 but the model takes 4096"), refused);
  }

  @Test
  void anAnswerDoesNotDependOnItsNeighboursInTheBatch() throws Exception {
    try (CheckpointModel model =
        CheckpointModel.open(dir, 3, CertificatePolicy.REQUIRED_OF_TRAINING)) {
      List<Conversation> conversations = new ArrayList<>();
      for (int side : List.of(32, 64, 96)) {
        conversations.add(model.prompts().summary(picture(side)));
      }
      List<DecodingOptions> settings =
          List.of(
              DecodingOptions.greedy(6),
              new DecodingOptions(1, 0.9, 0, 1.1, 3, 9, 5),
              new DecodingOptions(0.8, 1, 7, 1, 0, 4, 6));
      List<Prompt> requests = new ArrayList<>();
      for (int i = 0; i < settings.size(); i++) {
        requests.add(
            model.prepare(
                new GenerationRequest("p" + i, conversations.get(i), settings.get(i)),
                () -> false));
      }
      Heard together = new Heard();
      model.respond(requests, Profile.CACHED, together);
      for (Profile profile : Profile.values()) {
        for (int i = 0; i < requests.size(); i++) {
          Heard alone = new Heard();
          model.respond(List.of(requests.get(i)), profile, alone);
          assertEquals(together.results.get(i), alone.results.get(0));
        }
      }
      together.results.forEach((row, result) -> {
        Generation generation = assertInstanceOf(Generation.class, result);
        assertEquals(generation.text(), together.text(row));
      });
      assertEquals(3, together.results.size());
      assertEquals(3, model.identity().steps());
      assertEquals("qwen3_vl", model.identity().modelType());
      assertTrue(model.identity().weightsSha256().matches("[0-9a-f]{64}"));
    }
  }

  @Test
  void anAnswerThatEndsAtOnceFailsAloneAndIsExplained() throws Exception {
    List<ImageSource> pictures = List.of(picture(32), picture(96));
    int end = firstToken(pictures.getFirst());
    Files.writeString(
        dir.resolve("generation_config.json"),
        "{\"eos_token_id\": [%d], \"pad_token_id\": 685}".formatted(end));
    try (GatewayServer gateway =
            GatewayServer.start(
                GatewayOptions.of(new ModelSource.Folder(dir)),
                (path, steps) ->
                    CheckpointModel.open(path, steps, CertificatePolicy.REQUIRED_OF_TRAINING));
        GatewayClient client = GatewayClient.connect("127.0.0.1:" + gateway.port())) {
      client.awaitServing(Duration.ofSeconds(30));
      List<PictureFile> files =
          List.of(
              new PictureFile("ends.png", dir.resolve("picture-32.png")),
              new PictureFile("other.png", dir.resolve("picture-96.png")));
      AnswerSettings greedy = AnswerSettings.greedy(5);

      String refused =
          assertThrows(
                  GatewayException.class,
                  () -> client.summarize(files.subList(0, 1), greedy, summary -> {}))
              .toString();
      assertTrue(
          refused.contains("FAILED_PRECONDITION: empty generation for picture ends.png: "),
          refused);
      assertTrue(
          refused.matches(
              "(?s).* [1-9]\\d* prompt tokens, 0 new tokens, first token .* \\(%d\\) with probability 0\\.\\d+;.*"
                  .formatted(end)),
          refused);

      AnswerSettings atLeastOne = new AnswerSettings(5, 1, AnswerSettings.Sampling.GREEDY, false);
      assertEquals(2, client.summarize(files, atLeastOne, summary -> {}).size());
    }
  }

  private int firstToken(ImageSource picture) throws IOException {
    try (LoadedModel model = LoadedModel.open(dir)) {
      return model
          .generator()
          .generate(
              List.of(TaskPrompts.of(CheckpointPrompts.read(dir)).summary(picture)),
              GenerationOptions.cached(1))
          .getFirst()
          .tokens()
          .getFirst();
    }
  }

  /** Everything that is told of a batch. */
  private static final class Heard implements GenerationListener {
    private final SortedMap<Integer, StringBuilder> pieces = new TreeMap<>();
    private final SortedMap<Integer, GenerationResult> results = new TreeMap<>();

    String text(int row) {
      return String.valueOf(pieces.get(row));
    }

    @Override
    public void onText(int row, String piece) {
      pieces.computeIfAbsent(row, any -> new StringBuilder()).append(piece);
    }

    @Override
    public void onEnd(int row, GenerationResult result) {
      results.put(row, result);
    }
  }

  @Test
  void promptsAreThoseOfTheTraining() throws Exception {
    ImageSource picture = picture(32);
    assertEquals(
        Prompts.defaults().ask(Task.SUMMARY, List.of(picture)),
        TaskPrompts.of(CheckpointPrompts.read(dir)).summary(picture));

    Files.writeString(
        dir.resolve("run.yaml"),
        "prompts:\n  profile: summary_runtime\n  domain: bbu\n  user: what is this?\n");
    Conversation asked = TaskPrompts.of(CheckpointPrompts.read(dir)).summary(picture);
    assertTrue(text(asked.messages().getFirst()).contains("BBU"));
    assertEquals("what is this?", text(asked.messages().getLast()));

    Files.writeString(dir.resolve("run.yaml"), "prompts:\n  profile: no_such\n");
    IOException refused =
        assertThrows(
            IOException.class, () -> TaskPrompts.of(CheckpointPrompts.read(dir)).summary(picture));
    assertTrue(refused.toString().contains("run.yaml"), refused.toString());
  }

  @Test
  void theWordsOfAFusionsDatasetsAreServedAndWhatNoneTaughtIsRefused() throws Exception {
    ImageSource picture = picture(32);
    Files.writeString(
        dir.resolve("run.yaml"),
        """
        custom: {emit_norm: norm100}
        data:
          fusion:
            seed: 1
            targets:
            - {name: site, template: target_dense, system: "", user: List all.}
            sources:
            - {name: other, template: source_dense}
        """);
    TaskPrompts prompts = TaskPrompts.of(CheckpointPrompts.read(dir));
    assertEquals(EmitNorm.NORM100, prompts.emitNorm());
    Conversation asked = prompts.ask(Task.DENSE, picture, false);
    assertEquals(1, asked.messages().size());
    assertEquals("List all.", text(asked.messages().getFirst()));
    String refused =
        assertThrows(IllegalArgumentException.class, () -> prompts.summary(picture)).toString();
    assertTrue(refused.contains("never trained for summary answers"), refused);
    assertTrue(refused.contains("dense by dataset 'site' (template target_dense)"), refused);
    assertEquals(
        Prompts.defaults().ask(Task.SUMMARY, List.of(picture)),
        prompts.ask(Task.SUMMARY, picture, true));

    // The certificate holds for every wording that was trained, and for no other.
    certify(Prompts.defaults(), Task.DENSE);
    assertTrue(misaligned(dir, 1, CertificatePolicy.REQUIRED).contains("probe 0 prompt"));
    Files.delete(dir.resolve("alignment.json"));
    Files.move(dir.resolve("alignment"), dir.resolve("former"));
    certify(
        new Prompts(
            Prompts.defaults().profile(),
            Optional.empty(),
            PromptTexts.sourceDense(),
            PromptTexts.NONE),
        Task.DENSE);
    try (CheckpointModel model = CheckpointModel.open(dir, 1, CertificatePolicy.REQUIRED)) {
      assertEquals(2, model.identity().alignment().probes());
    }

    Files.writeString(dir.resolve("run.yaml"), "data: {template: target_sumary}\n");
    String unknown = assertThrows(IOException.class, () -> CheckpointPrompts.read(dir)).toString();
    assertTrue(unknown.contains("run.yaml: data.template is 'target_sumary'"), unknown);
  }

  @Test
  void aRunOfTheDetectionHeadAloneTakesNothingAway() throws Exception {
    String run = "custom: {detection_enabled: true}\ndata: {template: target_dense}\ntuner: %s\n";
    Files.writeString(
        dir.resolve("run.yaml"),
        run.formatted("{freeze_llm: true, freeze_vit: true, freeze_aligner: true}"));
    assertTrue(CheckpointPrompts.read(dir).isTrained(Task.SUMMARY));
    Files.writeString(
        dir.resolve("run.yaml"),
        run.formatted("{freeze_llm: false, freeze_vit: true, freeze_aligner: true}"));
    assertFalse(CheckpointPrompts.read(dir).isTrained(Task.SUMMARY));
  }

  @Test
  void aFolderThatIsNoModelIsRefusedByName() throws Exception {
    Files.delete(dir.resolve("tokenizer.json"));
    String refused =
        assertThrows(
                UncheckedIOException.class,
                () -> CheckpointModel.open(dir, 0, CertificatePolicy.REQUIRED_OF_TRAINING))
            .toString();
    assertTrue(refused.contains("tokenizer.json is missing"), refused);
    assertFalse(refused.contains("\n"), refused);
  }

  @Test
  void aCheckpointIsServedOnlyIfItsCertificateHolds() throws Exception {
    String missing = misaligned(dir, 1, CertificatePolicy.REQUIRED);
    assertTrue(missing.contains("no alignment certificate"), missing);
    try (CheckpointModel model =
        CheckpointModel.open(dir, 0, CertificatePolicy.REQUIRED_OF_TRAINING)) {
      assertEquals(Alignment.UNCERTIFIED, model.identity().alignment());
    }

    Files.writeString(dir.resolve("trainer_state.json"), "{}");
    String removed = misaligned(dir, 0, CertificatePolicy.REQUIRED_OF_TRAINING);
    assertTrue(removed.contains("as training wrote it"), removed);

    certify(Prompts.defaults());
    try (CheckpointModel model = CheckpointModel.open(dir, 1, CertificatePolicy.REQUIRED)) {
      Alignment alignment = model.identity().alignment();
      assertTrue(alignment.state() != Alignment.State.UNCERTIFIED);
      assertEquals(2, alignment.probes());
      assertTrue(alignment.largestDifference() < 1e-3, alignment.toString());
    }

    Files.writeString(dir.resolve("run.yaml"), "prompts:\n  user: what is this?\n");
    String asked = misaligned(dir, 1, CertificatePolicy.REQUIRED);
    assertTrue(asked.contains("probe 0 prompt"), asked);
    Files.delete(dir.resolve("run.yaml"));

    Path preprocessor = dir.resolve("preprocessor_config.json");
    Files.writeString(preprocessor, Files.readString(preprocessor).replaceFirst("0\\.5,", "0.25,"));
    String pixels = misaligned(dir, 1, CertificatePolicy.REQUIRED_OF_TRAINING);
    assertTrue(pixels.contains("preprocessor_config.json image_mean"), pixels);
    assertTrue(pixels.contains("first differing layer: training: vision_block_0"), pixels);
    assertFalse(pixels.contains("\n"), pixels);
  }

  @Test
  void aCheckpointWhoseCertificateCouldNotBeWrittenIsServedOnlyIfThatIsAllowed() throws Exception {
    Files.writeString(dir.resolve("trainer_state.json"), "{}");
    var _ = Uncertified.mark(dir, "java.lang.OutOfMemoryError: Java heap space");
    String refused = misaligned(dir, 1, CertificatePolicy.REQUIRED_OF_TRAINING);
    assertTrue(refused.contains("could not be written when it was saved (java.lang.Out"), refused);
    assertTrue(refused.contains("--allow-uncertified"), refused);
    try (CheckpointModel model = CheckpointModel.open(dir, 1, CertificatePolicy.NOT_REQUIRED)) {
      assertEquals(Alignment.UNCERTIFIED, model.identity().alignment());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCheckpointOfEitherFamilyAndItsAdapterAreServedAsCertified(GoldenFamily family)
      throws Exception {
    Path adapted = Files.createDirectory(dir.resolve("adapted"));
    try (LoadedModel model =
        LoadedModel.open(family.checkpoint(), new Tuning.StoredAdapter(family.file("adapter")))) {
      model.save(adapted);
      certify(adapted, model, Prompts.defaults());
    }
    Path whole = Files.createDirectory(dir.resolve("whole"));
    try (LoadedModel model = LoadedModel.open(family.checkpoint())) {
      model.save(whole);
      certify(whole, model, Prompts.defaults());
    }
    for (Path folder : List.of(whole, adapted)) {
      try (CheckpointModel model = CheckpointModel.open(folder, 1, CertificatePolicy.REQUIRED)) {
        assertEquals(family.modelType(), model.identity().modelType());
        assertEquals(2, model.identity().alignment().probes());
      }
    }
    Files.copy(
        whole.resolve("alignment.json"),
        adapted.resolve("alignment.json"),
        StandardCopyOption.REPLACE_EXISTING);
    Files.copy(
        whole.resolve("alignment/values.safetensors"),
        adapted.resolve("alignment/values.safetensors"),
        StandardCopyOption.REPLACE_EXISTING);
    String refused = misaligned(adapted, 1, CertificatePolicy.REQUIRED);
    assertTrue(refused.contains("weights_sha256"), refused);
    assertTrue(refused.contains("first differing layer: training: "), refused);
  }

  /** Why a checkpoint is not served. */
  private static String misaligned(Path folder, long steps, CertificatePolicy policy) {
    return assertThrows(
            CheckpointModel.MisalignedException.class,
            () -> CheckpointModel.open(folder, steps, policy))
        .toString();
  }

  /** Writes a certificate of a summary and a text-only exchange. */
  private void certify(Prompts prompts) throws IOException {
    certify(prompts, Task.SUMMARY);
  }

  /** Writes a certificate of an answer on a picture and a text-only exchange. */
  private void certify(Prompts prompts, Task task) throws IOException {
    try (LoadedModel model = LoadedModel.open(dir)) {
      certify(dir, model, prompts, task);
    }
  }

  private void certify(Path folder, LoadedModel model, Prompts prompts) throws IOException {
    certify(folder, model, prompts, Task.SUMMARY);
  }

  private void certify(Path folder, LoadedModel model, Prompts prompts, Task task)
      throws IOException {
    List<Message> summary = new ArrayList<>(prompts.ask(task, List.of(picture(64))).messages());
    summary.add(Message.text(Role.ASSISTANT, "BBU"));
    List<Message> text =
        List.of(Message.text(Role.USER, "1 + 1?"), Message.text(Role.ASSISTANT, "2"));
    CertificateWriter.write(
        folder,
        model,
        List.of(
            new Probe(
                "summary",
                task == Task.SUMMARY ? Probe.Task.SUMMARY : Probe.Task.DENSE,
                new Conversation(summary)),
            new Probe("text", Probe.Task.OTHER, new Conversation(text))));
  }

  private static String text(Message message) {
    StringBuilder text = new StringBuilder();
    for (Content content : message.contents()) {
      if (content instanceof Content.Text(String words)) {
        text.append(words);
      }
    }
    return text.toString();
  }

  private ImageSource picture(int side) throws IOException {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.ORANGE);
    graphics.fillRect(side / 4, side / 4, side / 2, side / 3);
    graphics.dispose();
    Path file = dir.resolve("picture-" + side + ".png");
    assertTrue(ImageIO.write(image, "png", file.toFile()));
    return new ImageSource.File(file);
  }
}
