package io.lockstep.cli.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.console.UserError;
import io.lockstep.client.Captioned;
import io.lockstep.client.PictureFile;
import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptionRunTest {

  private static final List<AnsweredObject> OBJECTS =
      List.of(
          new AnsweredObject("cat", new Box(10, 20, 30, 40)),
          new AnsweredObject("rope", new Polyline(List.of(new Point(1, 2), new Point(50, 2.5)))));

  @TempDir private Path dir;

  @Test
  void everyPictureHasALineAndADrawing() throws IOException {
    png("in/a.png");
    png("in/b.png");
    png("in/deeper/c.png");
    List<PictureFile> pictures = PictureInputs.of(List.of(dir.resolve("in")));
    assertEquals(3, pictures.size());

    CaptionRun.Result result =
        CaptionRun.run(
            pictures,
            dir.resolve("out.jsonl"),
            Optional.of(dir.resolve("drawn")),
            CaptionRunTest::outcomes,
            captioned -> {});

    assertEquals(new CaptionRun.Result(3, 1, 2, 1, 1, List.of("said nothing")), result);
    assertTrue(result.text().contains("1 of 2 answers were cut by max_new_tokens"), result.text());
    assertTrue(assertThrows(UserError.class, result::requireAnswers).toString().contains("1 of 3"));
    List<String> lines = Files.readAllLines(dir.resolve("out.jsonl"));
    assertEquals(
        "{\"image\":\"%s\",\"width\":60,\"height\":50,\"objects\":[{\"desc\":\"cat\",\"bbox_2d\":[10.0,20.0,30.0,40.0]},{\"desc\":\"rope\",\"line\":[1.0,2.0,50.0,2.5]}],\"prompt_tokens\":7,\"tokens\":9,\"ended_by\":\"eos\"}"
            .formatted(dir.resolve("in/a.png")),
        lines.getFirst());
    assertTrue(lines.get(1).contains("\"unparseable\":\"ends in the middle\""), lines.get(1));
    assertTrue(lines.get(1).contains("\"answer\":\"{half\""), lines.get(1));
    assertTrue(lines.get(1).contains("\"ended_by\":\"length\""), lines.get(1));
    assertTrue(lines.get(2).contains("\"problem\":\"said nothing\""), lines.get(2));

    try (var drawn = Files.list(dir.resolve("drawn"))) {
      List<Path> files = drawn.sorted().toList();
      assertEquals(2, files.size(), files.toString());
      BufferedImage picture = ImageIO.read(files.getFirst().toFile());
      // Small pictures are drawn four times as large; the box's left edge is coloured.
      assertEquals(240, picture.getWidth());
      assertFalse(new Color(picture.getRGB(40, 120)).equals(Color.BLACK));
    }
  }

  @Test
  void picturesThatCannotBeUsedAreNamedBeforeAnythingIsAsked() throws IOException {
    png("a.png");
    Files.writeString(dir.resolve("b.png"), "bytes");
    List<PictureFile> pictures = PictureInputs.of(List.of(dir));
    CaptionRun.Captioner unasked =
        (asked, listener) -> {
          throw new AssertionError("asked");
        };
    String refused =
        assertThrows(
                UserError.class,
                () ->
                    CaptionRun.run(
                        pictures, dir.resolve("o"), Optional.empty(), unasked, captioned -> {}))
            .toString();
    assertTrue(refused.contains("1 of 2 pictures can't be used"), refused);
    assertTrue(
        assertThrows(UserError.class, () -> PictureInputs.of(List.of(dir.resolve("nowhere"))))
            .toString()
            .contains("no such file or folder"));
    Path empty = Files.createDirectory(dir.resolve("empty"));
    assertTrue(
        assertThrows(UserError.class, () -> PictureInputs.of(List.of(empty)))
            .toString()
            .contains("holds no jpg"));
  }

  @Test
  void twoPicturesAreNotDrawnIntoOneFile() throws IOException {
    png("a/b.png");
    png("a_b.png");
    List<PictureFile> pictures =
        List.of(
            new PictureFile("a/b.png", dir.resolve("a/b.png")),
            new PictureFile("a_b.png", dir.resolve("a_b.png")));
    String refused =
        assertThrows(
                UserError.class,
                () ->
                    CaptionRun.run(
                        pictures,
                        dir.resolve("o"),
                        Optional.of(dir.resolve("drawn")),
                        CaptionRunTest::outcomes,
                        captioned -> {}))
            .toString();
    assertTrue(refused.contains("a/b.png and a_b.png would both be drawn into a_b.png"), refused);
  }

  private static List<Captioned> outcomes(
      List<PictureFile> pictures, Consumer<Captioned> listener) {
    return pictures.stream().map(CaptionRunTest::outcome).toList();
  }

  private static Captioned outcome(PictureFile picture) {
    String id = picture.id();
    if (id.endsWith("c.png")) {
      return new Captioned.NoAnswer(id, "said nothing");
    }
    return id.endsWith("b.png")
        ? new Captioned.Unparseable(
            id,
            "ends in the middle",
            new Captioned.Answer(60, 50, List.of(), "{half", 7, 9, Finish.LENGTH))
        : new Captioned.Parsed(id, new Captioned.Answer(60, 50, OBJECTS, "{}", 7, 9, Finish.STOP));
  }

  private void png(String name) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.resolveSibling(""));
    BufferedImage image = new BufferedImage(60, 50, BufferedImage.TYPE_INT_RGB);
    assertTrue(ImageIO.write(image, "png", file.toFile()));
  }
}
