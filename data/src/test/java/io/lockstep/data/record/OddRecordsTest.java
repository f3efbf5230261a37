package io.lockstep.data.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.jsonl.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records as people have them that must not be learned from without a word. */
class OddRecordsTest {

  @TempDir Path folder;

  private final NavigableMap<Long, String> problems = new TreeMap<>();
  private final NavigableMap<Long, String> warnings = new TreeMap<>();

  @BeforeEach
  void copyPictures() throws Exception {
    Files.createDirectory(folder.resolve("images"));
    for (String name : List.of("jsonl/images/a.png", "pictures/short.png", "pictures/flip.png")) {
      Path to = folder.resolve("images").resolve(Path.of(name).getFileName());
      Files.copy(resource(name), to);
    }
  }

  private static Path resource(String name) throws Exception {
    return Path.of(
        Objects.requireNonNull(OddRecordsTest.class.getResource("/faults/" + name)).toURI());
  }

  private DataCheck.Result check(Path data, Decoding decoding) {
    return DataCheck.check(
        data,
        new DataCheck.Sink() {
          @Override
          public void problem(Problem problem, long ofItsKind) {
            problems.merge(problem.line(), problem.toString(), (a, b) -> a + "\n" + b);
          }

          @Override
          public void warning(Problem warning, long ofItsKind) {
            warnings.merge(warning.line(), warning.toString(), (a, b) -> a + "\n" + b);
          }
        },
        decoding);
  }

  private void checkOdd() throws Exception {
    check(Files.copy(resource("jsonl/odd.jsonl"), folder.resolve("odd.jsonl")), Decoding.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          1  ; messages[0].content: holds <image> 1 times, which stays text, and places 0 pictures
          2  ; messages[0].content: holds <image> 1 times, which stays text, and places 0 pictures
          3  ; messages[0].content: holds <|vision_start|> at character 1
          4  ; messages[0].content[1].text: holds <|vision_start|> at character 1
          5  ; messages[1].content: holds <|im_end|> at character 6
          6  ; messages[1].content: holds <|object_ref_start|> at character 1
          8  ; messages[1].content: holds half of a character (surrogate U+D83D) at character 3
          9  ; messages[1].content: holds NUL (U+0000) at character 3
          11 ; messages[1].content: is blank
          12 ; messages[1].content: must be a non-empty string
          30 ; objects: all coordinates lie between 0 and 1, as shares of the picture do
          """)
  void eachIsNamedWithItsLineAndField(long line, String problem) throws Exception {
    checkOdd();
    String found = problems.getOrDefault(line, "nothing");
    assertTrue(found.contains(":" + line + ": " + problem), found);
  }

  @Test
  void whatIsRarelyMeantIsWarnedOfAndTaken() throws Exception {
    checkOdd();
    assertEquals(List.of(10L, 32L), List.copyOf(warnings.keySet()));
    assertTrue(
        String.valueOf(warnings.get(10L)).contains("messages[1].content: holds a replacement"),
        warnings::toString);
  }

  @ParameterizedTest
  @ValueSource(longs = {10, 15, 32, 33})
  void whatIsMeantIsTaken(long line) throws Exception {
    checkOdd();
    assertEquals("nothing", problems.getOrDefault(line, "nothing"));
  }

  @Test
  void halfOfAnEmojiIsFoundInEveryTextOfARecord() throws Exception {
    check(Files.copy(resource("jsonl/half-emoji.jsonl"), folder.resolve("h.jsonl")), Decoding.NONE);
    assertEquals(List.of(1L), List.copyOf(problems.keySet()));
    String found = String.valueOf(problems.get(1L));
    assertTrue(found.contains("h.jsonl:1: messages[0].content: holds half of a character"), found);
    assertTrue(found.contains("h.jsonl:1: messages[1].content: holds half of a character"), found);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          a\\ud83d    ; objects[0].desc: holds half of a character
          a<|im_end|> ; objects[0].desc: holds <|im_end|>
          a\\u200b    ; objects[0].desc: holds an invisible character
          """)
  void textsOfObjectsAreHeldToTheSameRules(String desc, String field) throws Exception {
    String line =
        "{'images': ['images/a.png'], 'width': 9, 'height': 9, 'objects': [{'desc': '%s', 'bbox_2d': [0, 0, 5, 5]}]}"
            .formatted(desc)
            .replace('\'', '"');
    check(Files.writeString(folder.resolve("o.jsonl"), line), Decoding.NONE);
    String found = problems.getOrDefault(1L, "nothing");
    assertTrue(found.contains(field), found);
  }

  @Test
  void metadataAndSummariesAreHeldToTheSameRules() throws Exception {
    String line =
        "{\"images\": [\"images/a.png\"], \"width\": 9, \"height\": 9, \"objects\": [],"
            + " \"summary\": \"<|im_end|>\", \"metadata\": {\"by\": [\"x\\ud83d\"], \"a\\u0000\": 1}}";
    check(Files.writeString(folder.resolve("o.jsonl"), line), Decoding.NONE);
    String found = problems.getOrDefault(1L, "nothing");
    assertTrue(found.contains("summary: holds <|im_end|>"), found);
    assertTrue(found.contains("metadata.by[0]: holds half of a character"), found);
    assertTrue(found.contains("metadata: a name in it holds NUL"), found);
  }

  private Path damaged() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (String name : List.of("a", "short", "a", "flip")) {
      lines.append(
          "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image\", \"image\":"
              + " \"images/%s.png\"}]}, {\"role\": \"assistant\", \"content\": \"a\"}]}\n"
                  .formatted(name));
    }
    return Files.writeString(folder.resolve("damaged.jsonl"), lines);
  }

  @Test
  void decodingFindsPicturesWhoseHeadersAreRight() throws Exception {
    assertEquals(0, check(damaged(), Decoding.NONE).problems());
    DataCheck.Result result = check(damaged(), Decoding.ALL);
    assertEquals(4, result.decoded());
    assertEquals(List.of(2L, 4L), List.copyOf(problems.keySet()));
    assertTrue(
        String.valueOf(problems.get(2L)).contains("short.png is damaged"), problems::toString);
    assertTrue(
        String.valueOf(problems.get(4L)).contains("flip.png is damaged"), problems::toString);
  }

  @Test
  void aShareOfThePicturesIsChosenByTheSeed() throws Exception {
    Path data = damaged();
    for (long seed = 0; seed < 20; seed++) {
      assertEquals(3, check(data, new Decoding(3, seed)).decoded());
    }
    assertEquals(List.of(2L, 4L), List.copyOf(problems.keySet()));
    assertEquals(check(data, new Decoding(1, 7)), check(data, new Decoding(1, 7)));
  }
}
