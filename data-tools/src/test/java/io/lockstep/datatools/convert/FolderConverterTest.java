package io.lockstep.datatools.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.record.DataCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderConverterTest {

  @TempDir private Path folder;

  private static void assertPassesTheCheck(ConversionReport report) {
    List<Problem> problems = new ArrayList<>();
    DataCheck.check(report.jsonl(), problems::add);
    assertEquals(List.of(), problems);
  }

  private static List<String> remarks(ConversionReport report) {
    return report.remarks().stream().map(each -> each.count() + " " + each.what()).toList();
  }

  @Test
  void aFolderPerClassBecomesWholePictureObjects() throws Exception {
    Path in = folder.resolve("in");
    DrawnPictures.png(in.resolve("光模块/a 1.png"), 40, 30);
    DrawnPictures.jpg(in.resolve("no plug/b.jpg"), 20, 30);
    Files.writeString(in.resolve("no plug/notes.md"), "x");
    Files.writeString(in.resolve("README"), "x");
    ConversionReport report = FolderConverter.convert(in, folder.resolve("out"));
    assertPassesTheCheck(report);
    assertEquals(
        "{\"images\":[\"images/no plug/b.jpg\"],\"objects\":[{\"desc\":\"no plug\","
            + "\"bbox_2d\":[0,0,20,30]}],\"width\":20,\"height\":30,\"summary\":\"no plug×1\"}\n"
            + "{\"images\":[\"images/光模块/a 1.png\"],\"objects\":[{\"desc\":\"光模块\","
            + "\"bbox_2d\":[0,0,40,30]}],\"width\":40,\"height\":30,\"summary\":\"光模块×1\"}\n",
        Files.readString(report.jsonl()));
    assertEquals(
        List.of(
            "1 file skipped: it lies beside the class folders",
            "1 file skipped: it is no picture by its name (jpg, jpeg, png, webp)"),
        remarks(report));
  }

  @Test
  void textsBecomeSummaries() throws Exception {
    Path in = folder.resolve("in");
    DrawnPictures.png(in.resolve("现场 1.png"), 40, 30);
    Files.writeString(in.resolve("现场 1.txt"), "  标签×2，BBU设备×1\n");
    DrawnPictures.png(in.resolve("alone.png"), 40, 30);
    DrawnPictures.png(in.resolve("empty.png"), 40, 30);
    Files.writeString(in.resolve("empty.txt"), " \n");
    DrawnPictures.png(in.resolve("latin.png"), 40, 30);
    Files.write(in.resolve("latin.txt"), new byte[] {(byte) 0xE9});
    Files.writeString(in.resolve("left.txt"), "x");
    Files.writeString(in.resolve("broken.png"), "x");
    Files.writeString(in.resolve("broken.txt"), "x");
    ConversionReport report = FolderConverter.convert(in, folder.resolve("out"));
    assertPassesTheCheck(report);
    assertEquals(
        "{\"images\":[\"images/现场 1.png\"],\"objects\":[],\"width\":40,\"height\":30,"
            + "\"summary\":\"标签×2，BBU设备×1\"}\n",
        Files.readString(report.jsonl()));
    assertEquals(
        List.of(
            "1 picture skipped: there is no .txt file of its name",
            "1 picture skipped: it can't be read",
            "1 picture skipped: its text is empty",
            "1 picture skipped: its text is not UTF-8",
            "1 text skipped: there is no picture of its name"),
        remarks(report));
  }

  @Test
  void aTextBelongsToItsPictureInWhateverFormBothNamesAreWritten() throws Exception {
    Path in = folder.resolve("in");
    DrawnPictures.png(in.resolve("Ka\u0308se.png"), 40, 30);
    Files.writeString(in.resolve("K\u00e4se.txt"), "ein Ka\u0308se");
    ConversionReport report = FolderConverter.convert(in, folder.resolve("out"));
    assertPassesTheCheck(report);
    assertTrue(Files.readString(report.jsonl()).contains("\"summary\":\"ein Ka\u0308se\""));
    assertEquals(List.of(), remarks(report));
  }

  @Test
  void textsOfWindowsEditorsLoseTheirByteOrderMark() throws Exception {
    Path in = Path.of(Objects.requireNonNull(getClass().getResource("/faults/captions")).toURI());
    ConversionReport report = FolderConverter.convert(in, folder.resolve("out"));
    assertPassesTheCheck(report);
    assertEquals(
        2, Files.readString(report.jsonl()).split("\"summary\":\"a red cat\"", -1).length - 1);
  }

  @Test
  void textsThatCannotBeTaughtAreLeftOut() throws Exception {
    Path in = folder.resolve("in");
    for (String name : List.of("good", "hidden", "template", "zero")) {
      DrawnPictures.png(in.resolve(name + ".png"), 40, 30);
    }
    Files.writeString(in.resolve("good.txt"), "a cat");
    Files.writeString(in.resolve("hidden.txt"), "\uFEFF\u200B");
    Files.writeString(in.resolve("template.txt"), "a cat<|im_end|>");
    Files.writeString(in.resolve("zero.txt"), "a\0cat");
    ConversionReport report = FolderConverter.convert(in, folder.resolve("out"));
    assertEquals(1, report.records());
    assertEquals(
        List.of(
            "1 picture skipped: its text is empty", "2 picture skipped: its text can't be used"),
        remarks(report));
  }

  @Test
  void aFolderOfNeitherLayoutIsRefused() throws Exception {
    Path in = folder.resolve("in");
    DrawnPictures.png(in.resolve("class/a.png"), 4, 4);
    DrawnPictures.png(in.resolve("a.png"), 4, 4);
    assertRefused(in, "holds pictures and folders");
    assertRefused(Files.createDirectories(folder.resolve("none")), "neither pictures nor folders");
    assertRefused(folder.resolve("absent"), "is not a folder");
    DrawnPictures.png(folder.resolve("bad/a , b/x.png"), 4, 4);
    assertRefused(folder.resolve("bad"), "the folder name 'a , b' holds a blank beside ','");
    DrawnPictures.png(folder.resolve("hidden/cat\u200B/x.png"), 4, 4);
    assertRefused(folder.resolve("hidden"), "holds an invisible character (U+200B)");
    DrawnPictures.png(folder.resolve("twice/a.png"), 4, 4);
    DrawnPictures.jpg(folder.resolve("twice/a.jpg"), 4, 4);
    assertRefused(folder.resolve("twice"), "a.jpg and a.png share one text, a.txt");
  }

  private void assertRefused(Path in, String says) {
    ConversionException error =
        assertThrows(
            ConversionException.class, () -> FolderConverter.convert(in, folder.resolve("out")));
    assertTrue(String.valueOf(error.getMessage()).contains(says), error::toString);
    assertFalse(Files.exists(folder.resolve("out")));
  }

  @Test
  void theOutputMayNotLieInTheInput() throws Exception {
    DrawnPictures.png(folder.resolve("in/class/a.png"), 4, 4);
    assertThrows(
        ConversionException.class,
        () -> FolderConverter.convert(folder.resolve("in"), folder.resolve("in/out")));
  }
}
