package io.lockstep.cli.stage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.console.UserError;
import io.lockstep.client.Described;
import io.lockstep.client.Group;
import io.lockstep.client.Outcome;
import io.lockstep.data.answer.Finish;
import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.Verdict;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StageTest {

  @TempDir private Path dir;

  @ParameterizedTest
  @CsvSource({
    "2.png, 10.png",
    "img_9a.png, img_10.png",
    "a.png, b.png",
    "a1b2.png, a1b10.png",
    "01.png, 1.png",
    "1.png, 02.png",
    "a, a1",
  })
  void namesAreOrderedAsPeopleCount(String first, String second) {
    assertTrue(NaturalOrder.INSTANCE.compare(first, second) < 0);
    assertTrue(NaturalOrder.INSTANCE.compare(second, first) > 0);
    assertEquals(0, NaturalOrder.INSTANCE.compare(first, first));
  }

  @Test
  void theLayoutIsReadInOrder() throws Exception {
    pictures("螺丝/审核不通过/G1", "a.JPG");
    pictures("螺丝/审核通过/G10", "1.png");
    pictures("螺丝/审核通过/G2", "10.png", "2.jpeg", "notes.txt", ".hidden.png");
    pictures("光纤/审核通过/G2", "x.jpg");
    Files.writeString(dir.resolve("README.md"), "not a mission");

    InspectionFolder folder = InspectionFolder.read(dir);

    assertEquals(
        List.of(
            "光纤 PASS G2 [x.jpg]",
            "螺丝 PASS G2 [2.jpeg, 10.png]",
            "螺丝 PASS G10 [1.png]",
            "螺丝 FAIL G1 [a.JPG]"),
        folder.groups().stream()
            .map(group ->
                "%s %s %s %s"
                    .formatted(
                        group.mission(),
                        group.label(),
                        group.groupId(),
                        group.images().stream().map(Path::getFileName).toList()))
            .toList());
    assertEquals(5, folder.pictures());
  }

  @Test
  void everythingThatDoesNotFitTheLayoutIsNamed() throws Exception {
    pictures("m/审核通过/G1", "a.png");
    pictures("m/待定/G2", "a.png");
    Files.createDirectories(dir.resolve("m/审核通过/empty"));

    String message = refusal(() -> InspectionFolder.read(dir));
    assertTrue(message.contains("待定 is neither 审核通过 nor 审核不通过"), message);
    assertTrue(message.contains("empty holds no jpg"), message);
    assertFalse(message.contains("\n"), message);
    assertTrue(refusal(() -> InspectionFolder.read(dir.resolve("no"))).contains("not a folder"));
    Files.createDirectories(dir.resolve("bare"));
    assertTrue(refusal(() -> InspectionFolder.read(dir.resolve("bare"))).contains("holds no"));
  }

  @Test
  void summariesBecomeOneFilePerMission() throws Exception {
    pictures("螺丝/审核不通过/G1", "1.png", "2.png");
    pictures("光纤/审核通过/G1", "1.png");

    StageAResult result =
        StageA.run(InspectionFolder.read(dir), dir.resolve("out"), echo(), s -> {});

    result.requireAnswers();
    List<Path> files = result.files();
    assertEquals(
        List.of("光纤.jsonl", "螺丝.jsonl"),
        files.stream().map(file -> file.getFileName().toString()).toList());
    assertEquals(
        """
        {"group_id":"G1","mission":"螺丝","label":"fail",\
        "images":["螺丝/审核不通过/G1/1.png","螺丝/审核不通过/G1/2.png"],\
        "per_image":{"image_1":"of 螺丝/审核不通过/G1/1.png","image_2":"of 螺丝/审核不通过/G1/2.png"},\
        "ended_by":{"image_1":"eos","image_2":"length"}}
        """,
        Files.readString(files.get(1)));
    assertEquals(
        "1 of 3 answers were cut by max_new_tokens: raise --max-new-tokens to have them whole",
        result.cutLine());
  }

  @Test
  void everyPictureThatCannotBeUsedIsNamedBeforeTheFirstQuestion() throws Exception {
    pictures("m/审核通过/G1", "1.png", "2.jpg", "3.png");
    Path group = dir.resolve("m/审核通过/G1");
    Files.writeString(group.resolve("1.png"), "bytes");
    Files.move(group.resolve("2.jpg"), group.resolve("2.png"));
    StageA.Summarizer unasked =
        (pictures, listener) -> {
          throw new AssertionError("asked");
        };
    InspectionFolder folder = InspectionFolder.read(dir);

    String message = refusal(() -> StageA.run(folder, dir.resolve("out"), unasked, s -> {}));
    assertTrue(message.contains("2 of 3 pictures can't be used: "), message);
    assertTrue(message.contains("1.png seems to be text"), message);
    assertTrue(message.contains("2.png holds a JPEG"), message);
    assertFalse(Files.exists(dir.resolve("out")));
  }

  @Test
  void aPictureWithoutAnAnswerLeavesOutItsGroupAlone() throws Exception {
    pictures("m/审核通过/G1", "1.png", "mute.png");
    pictures("m/审核通过/G2", "1.png");
    pictures("n/审核不通过/G1", "mute.png");
    StageA.Summarizer partly =
        (pictures, listener) ->
            pictures.stream()
                .map(picture ->
                    picture.id().endsWith("mute.png")
                        ? new Described.NoAnswer(picture.id(), "nothing on " + picture.id())
                        : summarized(picture.id(), "x"))
                .toList();

    StageAResult result =
        StageA.run(InspectionFolder.read(dir), dir.resolve("out"), partly, s -> {});

    assertEquals(List.of("m/审核通过/G1", "n/审核不通过/G1"), result.leftOut());
    assertEquals(
        List.of("nothing on m/审核通过/G1/mute.png", "nothing on n/审核不通过/G1/mute.png"),
        result.unanswered());
    assertEquals(1, Files.readAllLines(dir.resolve("out/m.jsonl")).size());
    assertEquals(0, Files.size(dir.resolve("out/n.jsonl")));
    String message = refusal(result::requireAnswers);
    assertTrue(message.contains("2 of 4 pictures have no answer"), message);
    assertTrue(message.contains("m/审核通过/G1, n/审核不通过/G1"), message);
  }

  @Test
  void anUncoveredPictureLeavesNothingBehind() throws Exception {
    pictures("m/审核通过/G1", "1.png", "2.png");
    InspectionFolder folder = InspectionFolder.read(dir);
    StageA.Summarizer forgetful =
        (pictures, listener) -> echo().summarize(pictures, listener).subList(0, 1);
    StageA.Summarizer blank =
        (pictures, listener) ->
            pictures.stream().map(picture -> summarized(picture.id(), " ")).toList();

    assertTrue(
        refusal(() -> StageA.run(folder, dir.resolve("out"), forgetful, s -> {}))
            .contains("2 asked, 1 answered"));
    assertTrue(
        refusal(() -> StageA.run(folder, dir.resolve("out"), blank, s -> {}))
            .contains("the summary of image_1 (m/审核通过/G1/1.png) is empty"));
    assertFalse(Files.exists(dir.resolve("out")));
  }

  @Test
  void verdictsAreCountedAgainstLabelsThatTheJudgeNeverSees() throws Exception {
    pictures("m/审核通过/right", "1.png");
    pictures("m/审核通过/strict", "1.png");
    pictures("m/审核不通过/lax", "1.png");
    pictures("m/审核不通过/right", "1.png");
    pictures("m/审核不通过/odd", "1.png");
    pictures("m/审核不通过/mute", "1.png");
    List<Path> stageA =
        StageA.run(InspectionFolder.read(dir), dir.resolve("a"), echo(), s -> {}).files();
    List<Group> asked = new ArrayList<>();
    StageB.Judge judge =
        groups -> {
          asked.addAll(groups);
          return groups.stream().map(StageTest::outcome).toList();
        };

    StageBResult result = StageB.run(stageA, dir.resolve("b"), judge);

    assertEquals(new StageBResult(6, 2, 1, 1, 1, 1, List.of("said nothing")), result);
    assertEquals(2 / 6.0, result.accuracy());
    assertTrue(refusal(result::requireAnswers).contains("1 of 6 groups have no answer"));
    assertEquals(6, asked.size());
    List<String> selections = Files.readAllLines(dir.resolve("b/selections.jsonl"));
    assertEquals(4, selections.size());
    assertEquals(
        "{\"group_id\":\"right\",\"mission\":\"m\",\"label\":\"pass\",\"verdict\":\"pass\",\"reason\":\"好\",\"ended_by\":\"eos\"}",
        selections.getFirst());
    assertEquals(
        List.of(
            "{\"group_id\":\"mute\",\"mission\":\"m\",\"label\":\"fail\",\"problem\":\"said nothing\"}",
            "{\"group_id\":\"odd\",\"mission\":\"m\",\"label\":\"fail\",\"problem\":\"no verdict\",\"raw\":\"?\",\"ended_by\":\"length\"}"),
        Files.readAllLines(dir.resolve("b/failure_malformed.jsonl")));
  }

  @Test
  void withoutAnyAnswerThereIsNoAccuracy() {
    StageBResult nothing = new StageBResult(2, 0, 0, 0, 0, 0, List.of("a", "b"));
    assertTrue(Double.isNaN(nothing.accuracy()));
    assertEquals(0, new StageBResult(2, 0, 0, 1, 0, 0, List.of("a")).accuracy());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"group_id\"| not JSON",
        "{\"mission\":\"m\",\"label\":\"pass\",\"images\":[\"a\"],\"per_image\":{\"image_1\":\"s\"}}| group_id is missing",
        "{\"group_id\":\"g\",\"mission\":\"m\",\"label\":\"maybe\",\"images\":[\"a\"],\"per_image\":{\"image_1\":\"s\"}}| neither pass nor fail",
        "{\"group_id\":\"g\",\"mission\":\"m\",\"label\":\"pass\",\"images\":[\"a\",\"b\"],\"per_image\":{\"image_1\":\"s\",\"image_3\":\"s\"}}| exactly image_1 to image_2",
        "{\"group_id\":\"g\",\"mission\":\"m\",\"label\":\"pass\",\"images\":[\"a\",\"b\"],\"per_image\":{\"image_1\":\"s\"}}| 2 images and 1 summaries",
        "{\"group_id\":\"g\",\"mission\":\"m\",\"label\":\"pass\",\"images\":[\"a\"],\"per_image\":{\"image_1\":\"\"}}| is empty",
        "{\"group_id\":\"g\",\"mission\":\"m\",\"label\":\"pass\",\"images\":[\"a\"],\"per_image\":{\"image_1\":\"s\"},\"ended_by\":{\"image_1\":\"eof\"}}| ended_by must say eos or length",
      })
  void aLineThatStageADidNotWriteIsNamed(String line, String problem) throws Exception {
    Path file = dir.resolve("m.jsonl");
    Files.writeString(
        file,
        new StageARecord("g", "m", Verdict.PASS, List.of("a"), List.of("s"), List.of()).toJson()
            + "\n"
            + line
            + "\n");
    String message = refusal(() -> StageB.run(List.of(file), dir, groups -> List.of()));
    assertTrue(message.contains("m.jsonl:2: "), message);
    assertTrue(message.contains(problem), message);
  }

  /** Right unless the group's name says otherwise; the name stands in the summaries' paths. */
  private static Outcome outcome(Group group) {
    boolean labelledPass = group.summaries().getFirst().contains("审核通过");
    return switch (group.groupId()) {
      case "mute" -> new Outcome.NoAnswer("said nothing");
      case "odd" -> new Outcome.Malformed("?", "no verdict", Finish.LENGTH);
      case "strict" -> new Outcome.Judged(new Judgement(Verdict.FAIL, "严"), Finish.STOP);
      case "lax" -> new Outcome.Judged(new Judgement(Verdict.PASS, "宽"), Finish.STOP);
      default ->
          new Outcome.Judged(
              new Judgement(labelledPass ? Verdict.PASS : Verdict.FAIL, "好"), Finish.STOP);
    };
  }

  private static StageA.Summarizer echo() {
    return (pictures, listener) ->
        pictures.stream().map(picture -> summarized(picture.id(), "of " + picture.id())).toList();
  }

  private static Described summarized(String id, String text) {
    return new Described.Summary(
        id, text, 1, 1, id.endsWith("2.png") ? Finish.LENGTH : Finish.STOP);
  }

  private static String refusal(Runnable action) {
    return assertThrows(UserError.class, action::run).toString();
  }

  private void pictures(String group, String... names) throws IOException {
    Path folder = Files.createDirectories(dir.resolve(group));
    BufferedImage pixel = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    for (String name : names) {
      String format = name.endsWith(".png") ? "png" : "jpg";
      assertTrue(ImageIO.write(pixel, format, folder.resolve(name).toFile()));
    }
  }
}
