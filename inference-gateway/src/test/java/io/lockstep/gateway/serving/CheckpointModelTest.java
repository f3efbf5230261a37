package io.lockstep.gateway.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
  void anAnswerDoesNotDependOnItsNeighboursInTheBatch() throws Exception {
    try (CheckpointModel model = CheckpointModel.open(dir, 3)) {
      List<Conversation> conversations = new ArrayList<>();
      for (int side : List.of(32, 64, 96)) {
        conversations.add(model.prompts().summary(picture(side)));
      }
      List<StringBuilder> pieces = conversations.stream().map(c -> new StringBuilder()).toList();
      List<Answer> together =
          model.respond(conversations, 6, (row, piece) -> pieces.get(row).append(piece));
      List<Answer> alone =
          conversations.stream()
              .map(one -> model.respond(List.of(one), 6, (row, piece) -> {}).getFirst())
              .toList();

      assertEquals(alone, together);
      assertEquals(
          together.stream().map(Answer::text).toList(),
          pieces.stream().map(StringBuilder::toString).toList());
      assertTrue(together.stream().allMatch(answer -> answer.newTokens() > 0));
      assertEquals(3, model.identity().steps());
      assertEquals("qwen3_vl", model.identity().modelType());
      assertTrue(model.identity().weightsSha256().matches("[0-9a-f]{64}"));
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
  void aFolderThatIsNoModelIsRefusedByName() throws Exception {
    Files.delete(dir.resolve("tokenizer.json"));
    String refused =
        assertThrows(UncheckedIOException.class, () -> CheckpointModel.open(dir, 0)).toString();
    assertTrue(refused.contains("tokenizer.json is missing"), refused);
    assertFalse(refused.contains("\n"), refused);
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
