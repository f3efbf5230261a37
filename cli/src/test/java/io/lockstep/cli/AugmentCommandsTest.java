package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code data augment} and {@code data show}, as a person calls them. */
class AugmentCommandsTest {

  private static final int PICTURES = 6;
  private static final int TEXTS = 2;
  private static final String GOOD =
      """
      augmentation:
        ops:
          - {name: hflip, params: {prob: 0.5}}
          - {name: rotate, params: {max_deg: [-15, 15]}}
          - {name: random_crop, params: {scale: [0.5, 0.9], min_objects: 1, skip_if_line: false}}
          - color_jitter
      """;

  @TempDir private static Path folder;
  private static String data = "";
  private static String config = "";

  @BeforeAll
  static void drawPictures() throws IOException {
    Path drawn = folder.resolve("data");
    DemoData.generate(
        drawn, DemoOptions.of(PICTURES, 5, DemoStyle.INSPECTION).withTexts(TEXTS).withHeldout(1));
    data = drawn.resolve("train.jsonl").toString();
    config = config("good.yaml", GOOD);
  }

  @Test
  void theSameSeedWritesTheSameBytesAndAnotherOneOthers() throws IOException {
    Path one = augmented("one", 4);
    Map<String, byte[]> first = files(one);
    Map<String, byte[]> second = files(augmented("two", 4));
    assertEquals(PICTURES + 1, first.size(), first.keySet()::toString);
    assertEquals(first.keySet(), second.keySet());
    first.forEach((name, bytes) -> assertTrue(Arrays.equals(bytes, second.get(name)), name));
    Map<String, byte[]> other = files(augmented("other", 5));
    assertEquals(first.keySet(), other.keySet());
    first.forEach((name, bytes) -> assertFalse(Arrays.equals(bytes, other.get(name)), name));
  }

  @Test
  void theSetPassesTheCheckAndLeavesConversationsOut() throws IOException {
    Path out = folder.resolve("checked");
    Said said = augment(config, 4, out);
    assertEquals(0, said.exit(), said::err);
    String jsonl = out.resolve("augmented.jsonl").toString();
    assertEquals(
        "%s: %d augmented records, %d conversations left out".formatted(jsonl, PICTURES, TEXTS),
        said.lastLine());
    assertEquals(PICTURES, Files.readAllLines(Path.of(jsonl)).size());
    Said check = Said.by("data", "check", "--data", jsonl);
    assertEquals(0, check.exit(), check::out);
  }

  @Test
  void allMistakesOfAConfigAreOneLineAndNothingIsWritten() throws IOException {
    String bad =
        config(
            "bad.yaml",
            """
            augmentation:
              bypass_probb: 0.5
              ops:
                - {name: rotat, params: {prob: 0.4}}
                - {name: color_jitter, params: {brightnes: [0.8, 1.2]}}\
            """);
    Path out = folder.resolve("bad");
    String line = refused(augment(bad, 4, out));
    for (String part :
        List.of(
            bad,
            "augmentation.bypass_probb: did you mean 'bypass_prob'",
            "unknown operator 'rotat': did you mean 'rotate'",
            "augmentation.ops[1].params.brightnes: did you mean 'brightness'")) {
      assertTrue(line.contains(part), line);
    }
    assertNothingWritten(out);
  }

  @Test
  void piecesOfOtherPicturesAreForTrainingAlone() throws IOException {
    String banked =
        config(
            "banked.yaml",
            """
            augmentation:
              ops: [{name: small_object_zoom_paste, params: {source_mode: mixed}}]
            """);
    Path out = folder.resolve("banked");
    String line = refused(augment(banked, 4, out));
    assertTrue(line.contains("source_mode: self"), line);
    assertNothingWritten(out);
  }

  @Test
  void aFolderThatHoldsSomethingStaysAsItIs() throws IOException {
    Path taken = Files.createDirectory(folder.resolve("taken"));
    Files.writeString(taken.resolve("notes.txt"), "mine");
    String line = refused(augment(config, 4, taken));
    assertTrue(line.contains(taken.toString()) && line.contains("name a new one"), line);
    assertEquals(List.of("notes.txt"), List.copyOf(files(taken).keySet()));
    assertEquals(0, augment(config, 4, Files.createDirectory(folder.resolve("empty"))).exit());
  }

  @Test
  void showDrawsBeforeAndAfterSideBySide() throws IOException {
    BufferedImage plain = shown("plain.png", "--index", "0");
    BufferedImage both = shown("both.png", "--index", "0", "--config", config);
    BufferedImage other = shown("seed.png", "--index", "0", "--config", config, "--seed", "9");
    assertTrue(both.getWidth() > 1.5 * plain.getWidth(), both::toString);
    int gap = 12;
    assertSame(plain, both.getSubimage(gap, gap, plain.getWidth(), plain.getHeight()));
    assertSame(both, shown("again.png", "--index", "0", "--config", config));
    assertDifferent(both, other);
  }

  @Test
  void countDrawsSeveralRecordsOnOneSheet() throws IOException {
    BufferedImage one = shown("one.png", "--index", "0");
    String[] sheet = {"--index", "0", "--count", "4", "--columns", "2"};
    BufferedImage four = shown("four.png", sheet);
    assertTrue(four.getWidth() >= 2 * one.getWidth(), four::toString);
    assertTrue(four.getHeight() >= 2 * one.getHeight(), four::toString);
    List<String> augmented = new ArrayList<>(List.of(sheet));
    augmented.addAll(List.of("--config", config));
    BufferedImage changed = shown("four-augmented.png", augmented.toArray(String[]::new));
    assertDifferent(four, changed);
  }

  @Test
  void whatCannotBeShownIsNamed() {
    String text = refused(show("text.png", "--index", Integer.toString(PICTURES)));
    assertTrue(text.contains(data + ":" + (PICTURES + 1) + ": is a text"), text);
    int records = PICTURES + TEXTS;
    String far = refused(show("far.png", "--index", Integer.toString(records)));
    assertTrue(far.contains("--index is %d, must be 0..%d".formatted(records, records - 1)), far);
    String negative = refused(2, show("negative.png", "--index", "-1"));
    assertTrue(negative.contains("'--index': '-1' is no whole number of at least 0"), negative);
    String many = refused(2, show("none.png", "--index", "0", "--count", "101"));
    assertTrue(many.contains("--count must be 1 to 100, not 101"), many);
    for (String name : List.of("text.png", "far.png", "negative.png", "none.png")) {
      assertFalse(Files.exists(folder.resolve(name)), name);
    }
  }

  private static String config(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  private static Said augment(String yaml, int seed, Path out) {
    return Said.by(
        "data",
        "augment",
        "--data",
        data,
        "--config",
        yaml,
        "--seed",
        Integer.toString(seed),
        "--out",
        out.toString());
  }

  private static Path augmented(String name, int seed) {
    Path out = folder.resolve(name);
    Said said = augment(config, seed, out);
    assertEquals(0, said.exit(), said::err);
    return out;
  }

  private static Said show(String name, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("data", "show", "--data", data, "--out", folder.resolve(name).toString()));
    arguments.addAll(List.of(more));
    return Said.by(arguments.toArray(String[]::new));
  }

  private static BufferedImage shown(String name, String... more) throws IOException {
    Said said = show(name, more);
    assertEquals(0, said.exit(), said::err);
    assertEquals(folder.resolve(name).toString(), said.lastLine());
    return ImageIO.read(folder.resolve(name).toFile());
  }

  private static void assertSame(BufferedImage one, BufferedImage other) {
    assertTrue(Arrays.equals(pixels(one), pixels(other)), "the pixels differ");
  }

  private static void assertDifferent(BufferedImage one, BufferedImage other) {
    assertFalse(Arrays.equals(pixels(one), pixels(other)), "the pixels are the same");
  }

  private static int[] pixels(BufferedImage picture) {
    int width = picture.getWidth();
    return picture.getRGB(0, 0, width, picture.getHeight(), null, 0, width);
  }

  /** The one line on standard error of a command that failed. */
  private static String refused(Said said) {
    return refused(1, said);
  }

  private static String refused(int exit, Said said) {
    assertEquals(exit, said.exit(), said::err);
    assertEquals(1, said.err().lines().count(), said::err);
    assertTrue(said.err().startsWith("error: "), said::err);
    return said.err().strip();
  }

  /** Neither the folder nor an unfinished one beside it. */
  private static void assertNothingWritten(Path out) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      String name = out.getFileName().toString();
      assertEquals(
          List.of(),
          entries
              .filter(entry ->
                  entry.getFileName().toString().matches("\\.?" + name + "(\\.partial.*)?"))
              .toList());
    }
  }

  private static Map<String, byte[]> files(Path root) throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(root)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        contents.put(root.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    return contents;
  }
}
