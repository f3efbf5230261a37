package io.lockstep.datatools.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.record.DataCheck;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class CocoConverterTest {

  private static final String CATEGORIES =
      "[{\"id\": 1, \"name\": \"traffic light\", \"supercategory\": \"outdoor\"},"
          + " {\"id\": 2, \"name\": \"BBU设备/品牌:华为\"}]";

  @TempDir private Path folder;
  private Path images = Path.of("");

  @BeforeEach
  void drawPictures() throws IOException {
    images = folder.resolve("pictures");
    DrawnPictures.png(images.resolve("val/现场 照片 (1).png"), 100, 80);
    DrawnPictures.jpg(images.resolve("plain.jpg"), 64, 48);
    DrawnPictures.png(folder.resolve("secret.png"), 10, 10);
  }

  private ConversionReport convert(String pictures, String annotations) throws Exception {
    return convert(pictures, annotations, CATEGORIES);
  }

  private ConversionReport convert(String pictures, String annotations, String categories)
      throws Exception {
    Path file = folder.resolve("instances 标注.json");
    Files.writeString(
        file,
        "{\"info\": {\"year\": 2017}, \"annotations\": [%s], \"images\": [%s], \"categories\": %s}"
            .formatted(annotations, pictures, categories));
    return CocoConverter.convert(file, images, folder.resolve("out dir"));
  }

  private static String image(long id, String name, int width, int height) {
    return "{\"id\": %d, \"file_name\": \"%s\", \"width\": %d, \"height\": %d}"
        .formatted(id, name, width, height);
  }

  private static String annotation(long id, long image, int category, String rest) {
    return "{\"id\": %d, \"image_id\": %d, \"category_id\": %d, %s}"
        .formatted(id, image, category, rest);
  }

  private static Map<String, Long> counts(ConversionReport report) {
    return report.remarks().stream()
        .collect(Collectors.toMap(ConversionReport.Remark::what, ConversionReport.Remark::count));
  }

  @Test
  void boxesAndOutlinesBecomeObjectsThatPassTheCheck() throws Exception {
    ConversionReport report =
        convert(
            image(7, "val/现场 照片 (1).png", 100, 80) + "," + image(9, "plain.jpg", 64, 48),
            String.join(
                ",",
                annotation(1, 7, 1, "\"bbox\": [10.004, 5, 20.5, 30], \"iscrowd\": 0"),
                annotation(
                    2,
                    7,
                    2,
                    "\"bbox\": [1, 1, 8, 8], \"segmentation\": [[1, 1, 9.25, 1, 9, 9, 1, 9]]"),
                annotation(3, 7, 1, "\"bbox\": [0, 0, 100, 80], \"segmentation\": []")));
    assertEquals(2, report.records());
    assertEquals(3, report.objects());
    assertEquals(List.of(), report.remarks());
    List<Problem> problems = new ArrayList<>();
    assertEquals(2, DataCheck.check(report.jsonl(), problems::add).records());
    assertEquals(List.of(), problems);
    assertEquals(
        "{\"images\":[\"images/val/现场 照片 (1).png\"],\"objects\":["
            + "{\"desc\":\"traffic light\",\"bbox_2d\":[10,5,30.5,35]},"
            + "{\"desc\":\"BBU设备/品牌:华为\",\"poly\":[1,1,9.25,1,9,9,1,9]},"
            + "{\"desc\":\"traffic light\",\"bbox_2d\":[0,0,100,80]}],"
            + "\"width\":100,\"height\":80,"
            + "\"summary\":\"BBU设备/品牌:华为×1，traffic light×2\"}\n"
            + "{\"images\":[\"images/plain.jpg\"],\"objects\":[],\"width\":64,\"height\":48}\n",
        Files.readString(report.jsonl()));
  }

  @Test
  void everythingThatIsLeftOutIsCounted() throws Exception {
    String pictures =
        String.join(
            ",",
            image(1, "plain.jpg", 64, 48),
            image(2, "../secret.png", 10, 10),
            image(3, folder.resolve("secret.png").toString(), 10, 10),
            image(4, "missing.jpg", 10, 10),
            image(5, "val/现场 照片 (1).png", 99, 80));
    String annotations =
        String.join(
            ",",
            annotation(1, 1, 1, "\"bbox\": [1, 1, 5, 5], \"iscrowd\": 1"),
            annotation(
                2,
                1,
                1,
                "\"bbox\": [1, 1, 5, 5], \"segmentation\": {\"counts\": \"x\", \"size\": [48, 64]}"),
            annotation(
                3, 1, 1, "\"bbox\": [1, 1, 5, 5], \"segmentation\": [[1,1,2,2,3,1],[4,4,5,5,6,4]]"),
            annotation(4, 1, 1, "\"bbox\": [1, 1, 0, 5]"),
            annotation(5, 1, 1, "\"bbox\": [60, 1, 9, 5]"),
            annotation(7, 4, 1, "\"bbox\": [1, 1, 5, 5]"),
            annotation(8, 77, 1, "\"bbox\": [1, 1, 5, 5]"),
            annotation(9, 1, 1, "\"bbox\": [1, 1, 5, 5], \"segmentation\": [[1,1,2,2]]"));
    ConversionReport report = convert(pictures, annotations);
    assertEquals(1, report.records());
    assertEquals(3, report.objects());
    Map<String, Long> counts = counts(report);
    assertEquals(2, counts.get("picture skipped: its path leads out of the folder"));
    assertEquals(1, counts.get("picture skipped: there is no such file"));
    assertEquals(1, counts.get("picture skipped: its size is not the stated one"));
    assertEquals(1, counts.get("annotation skipped: it stands for a crowd"));
    assertEquals(1, counts.get("annotation as its box: its mask is run-length encoded"));
    assertEquals(1, counts.get("annotation as its box: it has several outlines"));
    assertEquals(1, counts.get("annotation as its box: its outline has no three points"));
    assertEquals(
        1, counts.get("annotation skipped: its bbox is not four numbers with a size above 0"));
    assertEquals(
        1, counts.get("annotation skipped: it lies more than a pixel outside of its picture"));
    assertEquals(1, counts.get("annotation skipped: its picture was"));
    assertEquals(1, counts.get("annotation skipped: no entry of images has its image_id"));
    assertEquals(11, counts.size(), counts::toString);
  }

  @Test
  void aPictureIsFoundInWhateverFormItsNameIsWritten() throws Exception {
    DrawnPictures.png(images.resolve("Ka\u0308se.png"), 100, 80);
    ConversionReport report =
        convert(
            image(1, "K\u00e4se.png", 100, 80), annotation(7, 1, 1, "\"bbox\": [10, 10, 20, 20]"));
    assertTrue(Files.readString(report.jsonl()).contains("Ka\u0308se.png"));
    assertEquals(
        1L, counts(report).get("picture taken whose file name is written in another Unicode form"));
  }

  @Test
  void aLinkOutOfTheFolderIsNotFollowed() throws Exception {
    Files.createSymbolicLink(images.resolve("link.png"), folder.resolve("secret.png"));
    ConversionReport report =
        convert(image(1, "plain.jpg", 64, 48) + "," + image(2, "link.png", 10, 10), "");
    assertEquals(1, report.records());
    assertEquals(
        1, counts(report).get("picture skipped: it is a link that leads out of the folder"));
    assertFalse(Files.exists(folder.resolve("out dir/images/link.png")));
  }

  @Test
  void badFilesAreRefusedWithoutATrace() {
    List<Refused> bad =
        List.of(
            new Refused(
                "not valid JSON",
                () ->
                    CocoConverter.convert(
                        Files.writeString(folder.resolve("x.json"), "{\"info\": [1,"),
                        images,
                        folder.resolve("out dir"))),
            new Refused(
                "has no categories",
                () ->
                    CocoConverter.convert(
                        Files.writeString(
                            folder.resolve("y.json"), "{\"images\": [], \"annotations\": []}"),
                        images,
                        folder.resolve("out dir"))),
            new Refused(
                "the name of category 1 holds a blank beside '/'",
                () -> convert("", "", "[{\"id\": 1, \"name\": \"a / b\"}]")),
            new Refused("nothing could be converted", () -> convert(image(1, "no.jpg", 1, 1), "")),
            new Refused(
                "must be a whole number",
                () ->
                    convert(
                        "{\"id\": \"a\", \"file_name\": \"x\"," + " \"width\": 1, \"height\": 1}",
                        "")),
            new Refused("images[0] needs id", () -> convert("{\"id\": 3}", "")),
            new Refused(
                "1 file names come twice, each with a part of the picture's annotations: ./plain.jpg of ids 1 and 6",
                () ->
                    convert(
                        image(1, "plain.jpg", 64, 48) + "," + image(6, "./plain.jpg", 64, 48), "")),
            new Refused(
                "the categories 'cat' and 'dog' have the same id, 1",
                () ->
                    convert(
                        "",
                        "",
                        "[{\"id\": 1, \"name\": \"cat\"}, {\"id\": 1, \"name\": \"dog\"}]")),
            new Refused(
                "1 annotations have a category_id that no category has, for example annotation 4 with 3",
                () ->
                    convert(
                        image(1, "plain.jpg", 64, 48),
                        annotation(4, 1, 3, "\"bbox\": [1, 1, 5, 5]"))),
            new Refused(
                "all coordinates lie between 0 and 1",
                () ->
                    convert(
                        image(1, "plain.jpg", 64, 48),
                        annotation(4, 1, 1, "\"bbox\": [0.25, 0.5, 0.25, 0.5]"))));
    for (Refused each : bad) {
      ConversionException error = assertThrows(ConversionException.class, each.run, each.says);
      assertTrue(String.valueOf(error.getMessage()).contains(each.says), error::toString);
      assertFalse(Files.exists(folder.resolve("out dir")));
    }
  }

  @Test
  void filesThatWereJoinedAreRefusedWithTheIdsThatComeTwice() throws Exception {
    Path joined =
        Path.of(Objects.requireNonNull(getClass().getResource("/faults/coco/merged.json")).toURI());
    ConversionException error =
        assertThrows(
            ConversionException.class,
            () -> CocoConverter.convert(joined, images, folder.resolve("out dir")));
    String says = String.valueOf(error.getMessage());
    assertTrue(says.contains("1 image ids come twice: id 1 of a.jpg and b.jpg"), says);
    assertTrue(says.contains("1 annotation ids come twice: id 1"), says);
    assertFalse(Files.exists(folder.resolve("out dir")));
  }

  private record Refused(String says, Executable run) {}

  @Test
  void aFolderWithSomethingInItIsNotWrittenTo() throws Exception {
    Files.createDirectories(folder.resolve("out dir"));
    Files.writeString(folder.resolve("out dir/mine.txt"), "mine");
    assertThrows(
        FileAlreadyExistsException.class, () -> convert(image(1, "plain.jpg", 64, 48), ""));
  }
}
