package io.lockstep.data.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.jsonl.Problem;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCheckTest {

  private static final String GOOD =
      "{\"images\": [\"a.png\"], \"objects\": [], \"width\": 8, \"height\": 4}\n";

  @TempDir Path folder;

  @BeforeEach
  void drawPictures() throws IOException {
    BufferedImage picture = new BufferedImage(8, 4, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(picture, "png", folder.resolve("a.png").toFile());
    ImageIO.write(picture, "jpg", folder.resolve("a.jpg").toFile());
    Files.writeString(folder.resolve("text.png"), "not a picture");
  }

  @Test
  void goodFilesHaveNoProblems() throws IOException {
    assertEquals(List.of(), problemsOf(GOOD + GOOD.replace("a.png", "a.jpg")));
  }

  @Test
  void listsEveryProblemInFileOrder() throws IOException {
    List<String> problems =
        problemsOf(
            GOOD
                + GOOD.replace("8", "9")
                + "\n"
                + GOOD.replace("a.png", "none.png")
                + "{\n"
                + GOOD.replace("a.png", "text.png")
                + GOOD.replace("\"width\": 8", "\"breadth\": 8")
                + "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image\","
                + " \"image\": \"gone.png\"}]}, {\"role\": \"assistant\", \"content\": \"a\"}]}\n");
    List<String> expected =
        List.of(
            "data.jsonl:2: images[0]: ",
            "data.jsonl:3: is blank",
            "data.jsonl:4: images[0]: ",
            "data.jsonl:5: is not valid JSON",
            "data.jsonl:6: images[0]: ",
            "data.jsonl:7: breadth: unknown field",
            "data.jsonl:7: width: must be",
            "data.jsonl:8: picture 1 of the messages: ");
    assertEquals(expected.size(), problems.size(), problems::toString);
    for (int i = 0; i < expected.size(); i++) {
      assertTrue(problems.get(i).contains(expected.get(i)), problems.get(i));
    }
    assertTrue(problems.get(0).contains("8 x 4 pixels, but width x height say 9 x 4"));
    assertTrue(problems.get(2).contains("none.png does not exist"));
    assertTrue(problems.get(4).contains("text.png seems to be text; save it as PNG, JPEG or WebP"));
  }

  @Test
  void saysOfEveryPictureWhyItCannotBeUsed() throws IOException {
    byte[] png = Files.readAllBytes(folder.resolve("a.png"));
    Files.write(folder.resolve("half.png"), Arrays.copyOf(png, png.length / 2));
    Files.write(folder.resolve("named.jpg"), png);
    BufferedImage strip = new BufferedImage(402, 2, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(strip, "png", folder.resolve("strip.png").toFile());
    List<String> problems =
        problemsOf(
            GOOD
                + GOOD.replace("a.png", "half.png")
                + GOOD.replace("a.png", "named.jpg")
                + GOOD.replace("a.png", "strip.png"));
    assertEquals(3, problems.size(), problems::toString);
    assertTrue(problems.get(0).contains("data.jsonl:2: images[0]: Picture "), problems.get(0));
    assertTrue(problems.get(0).contains("half.png is cut off after"), problems.get(0));
    assertTrue(problems.get(1).contains("data.jsonl:3: images[0]: Picture "), problems.get(1));
    assertTrue(problems.get(1).contains("holds a PNG in spite of its extension"), problems.get(1));
    assertTrue(problems.get(2).contains("data.jsonl:4: images[0]: Picture "), problems.get(2));
    assertTrue(problems.get(2).contains("is 402 x 2; one side may be at most"), problems.get(2));
  }

  @Test
  void sizesOfRecordsAreThoseOfThePictureAsSeen() throws IOException {
    try (InputStream turned = getClass().getResourceAsStream("/images/in/exif6.jpg")) {
      Files.copy(Objects.requireNonNull(turned), folder.resolve("turned.jpg"));
    }
    String record = GOOD.replace("a.png", "turned.jpg");
    assertEquals(List.of(), problemsOf(record.replace("8", "29").replace("4", "37")));
    List<String> problems = problemsOf(record.replace("8", "37").replace("4", "29"));
    assertTrue(
        problems
            .getFirst()
            .endsWith(
                "turned.jpg is 29 x 37 pixels (37 x 29 as stored, then TURNED_RIGHT by its"
                    + " orientation), but width x height say 37 x 29"),
        problems::toString);
  }

  @Test
  void anEmptyFileIsAProblem() throws IOException {
    assertEquals(List.of(folder.resolve("data.jsonl") + ": holds no records"), problemsOf(""));
  }

  @Test
  void countsRecordsAndProblems() throws IOException {
    Path path = Files.writeString(folder.resolve("data.jsonl"), GOOD + "{}\n" + GOOD);
    DataCheck.Result result = DataCheck.check(path, problem -> {});
    assertEquals(3, result.records());
    assertEquals(4, result.problems());
  }

  @Test
  void countsProblemsByKindWhateverTheirNumbersAre() throws IOException {
    String box =
        "{\"images\": [\"a.png\"], \"objects\": [{\"desc\": \"a\", \"bbox_2d\": [0, 0, %s, 2]}],"
            + " \"width\": 8, \"height\": 4}\n";
    Path path =
        Files.writeString(
            folder.resolve("data.jsonl"),
            GOOD.replace("a.png", "none 1.png")
                + box.formatted("10.5")
                + GOOD.replace("a.png", "none 2.png")
                + box.formatted("33")
                + GOOD.replace("a.png", "none 3.png")
                + box.formatted("\"x\""));
    List<Long> ofItsKind = new ArrayList<>();
    DataCheck.Result result =
        DataCheck.check(path, (problem, count) -> ofItsKind.add(count), Decoding.NONE);
    assertEquals(List.of(1L, 1L, 2L, 2L, 3L, 1L), ofItsKind);
    assertEquals(
        List.of(3L, 2L, 1L), result.kinds().stream().map(ProblemKinds.Kind::count).toList());
    assertEquals(
        "objects[].bbox_2d: coordinate # (#) lies more than a pixel outside of the picture's width",
        result.kinds().get(1).kind());
    assertEquals(2, result.kinds().get(1).first().line());
  }

  @Test
  void kindsThatNeverEndAreCountedTogether() {
    ProblemKinds kinds = new ProblemKinds();
    for (int i = 0; i < 1000; i++) {
      String word = Integer.toString(i, 26).replaceAll("[0-9]", "z") + "x".repeat(i % 50);
      kinds.add(new Problem(folder, i + 1, word + "y".repeat(i / 50), "unknown field"), "");
    }
    assertTrue(kinds.list().size() <= 201, () -> kinds.list().size() + " kinds");
    assertEquals(1000, kinds.list().stream().mapToLong(ProblemKinds.Kind::count).sum());
  }

  @Test
  void aMissingFileIsAProblem() {
    List<Problem> problems = new ArrayList<>();
    assertEquals(1, DataCheck.check(folder.resolve("none"), problems::add).problems());
    assertTrue(problems.getFirst().what().contains("no such file"));
  }

  private List<String> problemsOf(String text) throws IOException {
    Path path = Files.writeString(folder.resolve("data.jsonl"), text);
    List<String> problems = new ArrayList<>();
    DataCheck.check(path, problem -> problems.add(problem.toString()));
    return problems;
  }
}
