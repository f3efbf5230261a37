package io.lockstep.datatools.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.record.DataCheck;
import io.lockstep.datatools.export.OutputFolder;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DemoDataTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temp;

  private static DemoOptions small(DemoStyle style, long seed, int threads) {
    return new DemoOptions(130, seed, style, 20, 8, threads);
  }

  private static Map<String, String> digests(Path root)
      throws IOException, NoSuchAlgorithmException {
    Map<String, String> digests = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(path));
        digests.put(root.relativize(path).toString(), HexFormat.of().formatHex(digest));
      }
    }
    return digests;
  }

  private static List<JsonNode> records(Path file) throws IOException {
    List<JsonNode> records = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      records.add(JSON.readTree(line));
    }
    return records;
  }

  @ParameterizedTest
  @EnumSource
  void theSameSeedGivesTheSameBytesWithAnyNumberOfThreads(DemoStyle style) throws Exception {
    DemoData.generate(temp.resolve("one"), small(style, 7, 1));
    DemoData.generate(temp.resolve("three"), small(style, 7, 3));
    DemoData.generate(temp.resolve("other"), small(style, 8, 1));
    Map<String, String> one = digests(temp.resolve("one"));
    assertEquals(one, digests(temp.resolve("three")));
    assertNotEquals(one.get("train.jsonl"), digests(temp.resolve("other")).get("train.jsonl"));
  }

  @ParameterizedTest
  @EnumSource
  void everyRecordNamesAPictureOfItsSizeAndObjectsInsideIt(DemoStyle style) throws IOException {
    DemoData.generate(temp.resolve("set"), small(style, 1, 2));
    for (String file : List.of("train.jsonl", "heldout.jsonl")) {
      List<String> problems = new ArrayList<>();
      DataCheck.check(temp.resolve("set/" + file), problem -> problems.add(problem.toString()));
      assertEquals(List.of(), problems);
      for (JsonNode record : records(temp.resolve("set/" + file))) {
        if (record.has("objects")) {
          checkPicture(record);
        }
      }
    }
  }

  private void checkPicture(JsonNode record) throws IOException {
    var image = ImageIO.read(temp.resolve("set/" + record.at("/images/0").textValue()).toFile());
    assertEquals(record.path("width").intValue(), image.getWidth());
    assertEquals(record.path("height").intValue(), image.getHeight());
    assertFalse(record.path("summary").asText().isBlank());
    assertFalse(record.path("objects").isEmpty());
    for (JsonNode object : record.path("objects")) {
      assertEquals(2, object.size(), "a description and one geometry: " + object);
      JsonNode xy = object.properties().stream().skip(1).findFirst().orElseThrow().getValue();
      assertTrue(xy.size() >= 4 && xy.size() % 2 == 0, object.toString());
      for (JsonNode value : xy) {
        assertTrue(value.intValue() >= 0 && value.intValue() <= 128, object.toString());
      }
    }
  }

  @Test
  void inspectionHasHeldOutGroupsInFoldersOfTheirLabel() throws IOException {
    DemoData.Counts counts =
        DemoData.generate(temp.resolve("set"), small(DemoStyle.INSPECTION, 3, 2));
    assertEquals(130, counts.pictures());
    List<JsonNode> heldout = records(temp.resolve("set/heldout.jsonl"));
    assertEquals(counts.heldoutPictures(), heldout.size());
    assertEquals(150, records(temp.resolve("set/train.jsonl")).size());
    for (JsonNode record : heldout) {
      String path = record.at("/images/0").textValue();
      String label = record.at("/metadata/label").textValue();
      String group = record.at("/metadata/group").textValue();
      assertTrue(path.startsWith("groups/机柜安装检查/审核" + label + "/" + group + "/"), path);
    }
    try (Stream<Path> paths = Files.walk(temp.resolve("set/groups"))) {
      assertEquals(heldout.size(), paths.filter(path -> path.toString().endsWith(".png")).count());
    }
  }

  @Test
  void aFolderWithSomethingInItIsLeftAlone() throws IOException {
    Path out = Files.createDirectory(temp.resolve("mine"));
    Files.writeString(out.resolve("notes.txt"), "keep");
    FileAlreadyExistsException error =
        assertThrows(
            FileAlreadyExistsException.class,
            () -> DemoData.generate(out, small(DemoStyle.PLAIN, 1, 1)));
    assertTrue(String.valueOf(error.getMessage()).contains("not an empty folder"));
    assertEquals(List.of("mine"), names(temp));
    assertEquals(List.of("notes.txt"), names(out));
  }

  @Test
  void nothingIsLeftOfASetThatWasNotFinished() throws IOException {
    try (OutputFolder folder = OutputFolder.create(temp.resolve("set"))) {
      Files.createDirectories(folder.partial().resolve("images/000"));
      Files.writeString(folder.partial().resolve("images/000/half.png"), "half");
    }
    assertEquals(List.of(), names(temp));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void allWrongOptionsAreNamedAtOnce() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> new DemoOptions(0, 1, DemoStyle.PLAIN, -1, 0, 0));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.contains("count") && message.contains("texts"), message);
    assertTrue(message.contains("threads"), message);
  }
}
