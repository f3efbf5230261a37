package io.lockstep.model.context;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.ModelInputs;
import io.lockstep.model.generate.DecodingOptions;
import io.lockstep.model.generate.GenerationListener;
import io.lockstep.model.generate.GenerationRequest;
import io.lockstep.model.generate.Profile;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenConversations;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContextLimitTest {

  private static final GoldenFamily FAMILY = GoldenFamily.QWEN3_VL;
  private static final int NEW_TOKENS = 8;

  @TempDir private Path temporary;
  private Path folder = Path.of("");

  private final GoldenConversations.Case asked = FAMILY.conversations().getFirst();

  ContextLimitTest() throws IOException {}

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @BeforeEach
  void copyCheckpoint() throws IOException {
    folder = Folders.copy(FAMILY.checkpoint(), temporary.resolve("checkpoint"));
  }

  @ParameterizedTest
  @EnumSource(Profile.class)
  void anAnswerMayFillTheContextAndNotOneTokenMore(Profile profile) throws IOException {
    int prompt = asked.promptTokens();
    setPositions(prompt + NEW_TOKENS);
    try (LoadedModel model = LoadedModel.open(folder)) {
      List<GenerationRequest> fits = List.of(request(NEW_TOKENS));
      assertEquals(1, model.generator().answer(fits, profile, GenerationListener.NONE).size());

      List<GenerationRequest> tooLong = List.of(request(NEW_TOKENS), request(NEW_TOKENS + 1));
      String refused =
          assertThrows(
                  ContextExceededException.class,
                  () -> model.generator().answer(tooLong, profile, GenerationListener.NONE))
              .getMessage();
      assertEquals(
          ("asked has %d prompt tokens, and with up to %d new ones %d, but the model takes %d at most"
                  + " (max_position_embeddings in config.json): ask for %d new tokens at most, or shorten"
                  + " the prompt")
              .formatted(
                  prompt, NEW_TOKENS + 1, prompt + NEW_TOKENS + 1, prompt + NEW_TOKENS, NEW_TOKENS),
          refused);
    }
  }

  @Test
  void aPromptThatIsTooLongIsRefusedBeforeItsPictureIsDecoded() throws IOException {
    setPositions(asked.promptTokens() - 1);
    byte[] png = Files.readAllBytes(Goldens.image(pictureName()));
    try (ModelInputs inputs = ModelInputs.open(folder)) {
      Conversation damaged = withPicture(new ImageSource.Bytes("damaged", damagedPixels(png)));
      // The length is known from the header; only decoding would find the damage.
      assertThrows(
          ContextExceededException.class, () -> inputs.encoder().prompt("asked", damaged, 1));
      assertThrows(
          ContextExceededException.class, () -> inputs.encoder().requireFits("asked", damaged, 1));
    }
  }

  @Test
  void theLengthOfAPromptIsKnownFromHeaders() throws IOException {
    try (ModelInputs inputs = ModelInputs.open(folder)) {
      for (GoldenConversations.Case each : FAMILY.conversations()) {
        assertEquals(each.promptTokens(), inputs.encoder().promptLength(each.prompt()));
      }
    }
  }

  @Test
  void answersMayBeAsLongAsDenseOnesAreButNoLongerThanWhatWasTrained() {
    ContextLimit base = ContextLimit.of(32_768);
    assertEquals(2048, base.room(500, 900));
    ContextLimit trained = new ContextLimit(32_768, OptionalInt.of(1024));
    assertEquals(524, trained.room(500, 900));
    // The right answer is longer than what was trained: it must be possible to give it.
    assertEquals(2048, trained.room(500, 1100));
    assertEquals(596, ContextLimit.of(1096).room(500, 900));
    assertEquals(300, base.servedUpTo(800).room(500, 501));
  }

  @Test
  void aLowerLimitThanTheModelsIsHeldToAndNamed() {
    ContextLimit served = new ContextLimit(4096, OptionalInt.of(512)).servedUpTo(100);
    assertDoesNotThrow(() -> served.require("asked", 60, 40));
    assertEquals(
        "asked has 60 prompt tokens, and with up to 41 new ones 101, but this gateway takes 100 at"
            + " most (--max-model-len): ask for 40 new tokens at most, or shorten the prompt",
        assertThrows(ContextExceededException.class, () -> served.require("asked", 60, 41))
            .getMessage());
    String refused =
        assertThrows(IllegalArgumentException.class, () -> ContextLimit.of(4096).servedUpTo(4097))
            .toString();
    assertTrue(refused.contains("--max-model-len is 4097 but the model takes 4096"), refused);
  }

  @Test
  void onlyALimitThatNobodyAskedForGivesWayToThePrompt() {
    ContextLimit limit = ContextLimit.of(100);
    Conversation asked = new Conversation(List.of(Message.text(Role.USER, "hi")));
    DecodingOptions most = DecodingOptions.greedy(50);
    GenerationRequest fitted = new GenerationRequest("a", asked, most, true);
    assertEquals(30, fitted.within(limit, 70).decoding().maxNewTokens());
    assertEquals(50, fitted.within(limit, 20).decoding().maxNewTokens());
    assertEquals(1, fitted.within(limit, 120).decoding().maxNewTokens());
    GenerationRequest exact = new GenerationRequest("a", asked, most);
    assertEquals(exact, exact.within(limit, 70));
  }

  @Test
  void numbersBeyondAnIntAreAdded() {
    ContextLimit limit = ContextLimit.of(2048);
    ContextExceededException refused =
        assertThrows(
            ContextExceededException.class,
            () -> limit.require("huge", 2_000_000_000L, 2_000_000_000L));
    assertTrue(refused.toString().contains("4000000000"), refused.toString());
  }

  @Test
  void aCheckpointKnowsHowLongItsSamplesWere() throws IOException {
    assertEquals(OptionalInt.empty(), limit(folder).trained());
    // As runs of before said it.
    Files.writeString(folder.resolve("run.yaml"), "training: {global_max_length: 256}\n");
    assertEquals(OptionalInt.of(256), limit(folder).trained());
    Files.writeString(folder.resolve("run.yaml"), "global_max_length: 512\n");
    ContextLimit limit = limit(folder);
    assertEquals(new ContextLimit(4096, OptionalInt.of(512)), limit);

    assertEquals(Optional.empty(), limit.beyondTraining("asked", 512));
    assertEquals(
        Optional.of(
            "asked has 513 tokens, prompt and answer together, but the checkpoint was trained on samples"
                + " of at most 512 (global_max_length): answers beyond that are untried"),
        limit.beyondTraining("asked", 513));
    assertDoesNotThrow(() -> limit.require("asked", 513, 3583));
  }

  @Test
  void anAdaptersRunSaysMoreThanItsBase() throws IOException {
    Files.writeString(folder.resolve("run.yaml"), "global_max_length: 512\n");
    Path adapter = Folders.copy(GoldenAdapter.LORA.folder(FAMILY), temporary.resolve("adapter"));
    Folders.replace(
        adapter.resolve("adapter_config.json"),
        "\"base_model_name_or_path\": null",
        "\"base_model_name_or_path\": \"../checkpoint\"");
    assertEquals(OptionalInt.of(512), limit(adapter).trained());
    Files.writeString(adapter.resolve("run.yaml"), "global_max_length: 256\n");
    assertEquals(OptionalInt.of(256), limit(adapter).trained());
  }

  @Test
  void aRunMayNotHaveSamplesBeyondTheContext() {
    ContextLimit limit = ContextLimit.of(2048);
    assertDoesNotThrow(() -> limit.requireTraining("the model in m", 2048));
    assertEquals(
        "global_max_length is 3000 but the model in m takes sequences of 2048 tokens at most"
            + " (max_position_embeddings in its config.json): lower it to 2048; longer samples are"
            + " replaced and reported",
        assertThrows(
                ContextExceededException.class, () -> limit.requireTraining("the model in m", 3000))
            .getMessage());
  }

  private static ContextLimit limit(Path folder) throws IOException {
    try (ModelInputs inputs = ModelInputs.open(folder)) {
      return inputs.encoder().limit();
    }
  }

  private GenerationRequest request(int newTokens) {
    return new GenerationRequest("asked", asked.prompt(), DecodingOptions.greedy(newTokens));
  }

  private void setPositions(int positions) throws IOException {
    Folders.replace(
        folder.resolve("config.json"),
        "\"max_position_embeddings\": 4096",
        "\"max_position_embeddings\": " + positions);
  }

  private String pictureName() {
    return Path.of(asked.prompt().images().getFirst().name()).getFileName().toString();
  }

  /** The same question about another picture. */
  private Conversation withPicture(ImageSource picture) {
    Message user = asked.prompt().messages().getLast();
    List<Content> contents =
        user.contents().stream()
            .map(content -> content instanceof Content.Image ? new Content.Image(picture) : content)
            .toList();
    return new Conversation(List.of(new Message(Role.USER, contents)));
  }

  /** A PNG whose parts all have their checksums, but whose pixels can't be inflated. */
  private static byte[] damagedPixels(byte[] png) {
    ByteBuffer damaged = ByteBuffer.wrap(png.clone());
    int type = new String(png, StandardCharsets.ISO_8859_1).indexOf("IDAT");
    int length = damaged.getInt(type - 4);
    damaged.putInt(type + 4, 0);
    CRC32 checksum = new CRC32();
    checksum.update(damaged.array(), type, 4 + length);
    damaged.putInt(type + 4 + length, (int) checksum.getValue());
    return damaged.array();
  }
}
