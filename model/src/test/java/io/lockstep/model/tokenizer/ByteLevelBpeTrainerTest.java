package io.lockstep.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.model.testing.Goldens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ByteLevelBpeTrainerTest {
  private static final int BYTES = 256;
  private static final List<String> TEXTS =
      List.of(
          "BBU设备/品牌:华为/显示完整",
          "BBU设备/品牌:中兴/只显示部分",
          "标签/可以识别 标签/无法识别",
          "光纤/有保护措施,弯曲半径合理",
          "{\"object_1\": {\"desc\": \"标签/无法识别\", \"line\": [[1, 2], [3, 4]]}}",
          "aaaa aaaa aaaaaaaaaaaa");

  @TempDir Path folder;

  @Test
  void theMostFrequentPairIsMergedFirst() {
    assertEquals(
        List.of(new BpeMerge("a", "b"), new BpeMerge("ab", "c")),
        train(BYTES + 2, "abc", "abc", "abd").merges());
  }

  @Test
  void amongEquallyFrequentPairsTheSmallerIdsGoFirst() {
    assertEquals(
        List.of(new BpeMerge("a", "b"), new BpeMerge("c", "d"), new BpeMerge("c", "e")),
        train(BYTES + 3, "ce", "cd", "ab", "ab", "cd", "ce").merges());
  }

  @Test
  void overlappingPairsAreMergedFromTheLeft() {
    assertEquals(
        List.of(new BpeMerge("a", "a"), new BpeMerge("aa", "a")),
        train(BYTES + 2, "aaaaa", "aaaaa").merges());
  }

  @Test
  void mergesAreThoseOfARecountFromScratchAfterEveryMerge() {
    List<BpeMerge> expected = new ArrayList<>();
    BpeVocabulary vocabulary = new ByteLevelBpeTrainer(BYTES + 60, List.of(), 1).train(TEXTS);
    List<List<String>> words = new ArrayList<>();
    for (String text : TEXTS) {
      PreTokenizer.split(
          text,
          piece ->
              words.add(
                  ByteLevel.encode(piece)
                      .chars()
                      .mapToObj(Character::toString)
                      .collect(Collectors.toCollection(ArrayList::new))));
    }
    while (expected.size() < vocabulary.merges().size()) {
      BpeMerge best = mostFrequent(words, vocabulary.tokens());
      expected.add(best);
      words.forEach(word -> merge(word, best));
    }
    assertEquals(60, expected.size());
    assertEquals(expected, vocabulary.merges());
  }

  @Test
  void theOrderOfTheTextsDoesNotMatter() {
    BpeVocabulary forward = train(BYTES + 80, TEXTS.toArray(String[]::new));
    BpeVocabulary backward = train(BYTES + 80, TEXTS.reversed().toArray(String[]::new));
    assertEquals(forward, backward);
  }

  @Test
  void rarePairsAreLeftAloneAndTheVocabularyStaysSmaller() {
    BpeVocabulary vocabulary = train(5000, "ab", "ab", "cd");
    assertEquals(List.of(new BpeMerge("a", "b")), vocabulary.merges());
    assertEquals(BYTES + 1, vocabulary.size());
  }

  @Test
  void theWrittenTokenizerReadsBackEveryText() throws IOException {
    BpeVocabulary vocabulary = ByteLevelBpeTrainer.qwenVl(400).train(TEXTS);
    vocabulary.write(folder, 4096);
    assertTrue(Files.exists(folder.resolve("tokenizer_config.json")));
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      assertEquals(vocabulary.size(), tokenizer.size());
      assertEquals(vocabulary.size() - 1, tokenizer.specialId("<|video_pad|>"));
      for (String text : List.of("BBU设备/品牌:华为", "é 🙂\r\n\t x", "<|im_end|>", "未见过的字")) {
        assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
      }
      assertTrue(tokenizer.encode("标签/无法识别").length <= 3);
      assertTrue(Arrays.stream(tokenizer.encode("<|im_end|>")).noneMatch(tokenizer::isSpecial));
    }
  }

  @Test
  void tokenizersWithTheSameTrainingAreTheSameFile() throws IOException {
    for (String name : List.of("a", "b")) {
      Files.createDirectory(folder.resolve(name));
      ByteLevelBpeTrainer.qwenVl(400).train(TEXTS).write(folder.resolve(name), 4096);
    }
    assertEquals(
        -1,
        Files.mismatch(
            folder.resolve("a").resolve(Tokenizer.FILE),
            folder.resolve("b").resolve(Tokenizer.FILE)));
  }

  @Test
  void piecesAreCutAsThePublishedPatternSays() throws IOException {
    JsonNode published =
        new ObjectMapper().readTree(Goldens.path("qwen3_vl/checkpoint/tokenizer.json").toFile());
    assertEquals(
        PreTokenizer.REGEX, published.at("/pre_tokenizer/pretokenizers/0/pattern/Regex").asText());
    List<String> pieces = new ArrayList<>();
    PreTokenizer.split("I'LL go 42,  再见\u3000！！\n\n x", pieces::add);
    assertArrayEquals(
        new String[] {"I", "'LL", " go", " ", "4", "2", ",", " ", " 再见", "\u3000", "！！\n\n", " x"},
        pieces.toArray());
  }

  @Test
  void aVocabularyWithoutRoomForAllBytesIsRefused() {
    var error = assertThrows(IllegalArgumentException.class, () -> ByteLevelBpeTrainer.qwenVl(260));
    assertTrue(String.valueOf(error.getMessage()).startsWith("A vocabulary of 260 cannot hold"));
  }

  private static BpeVocabulary train(int size, String... texts) {
    return new ByteLevelBpeTrainer(size, List.of(), 2).train(List.of(texts));
  }

  private static BpeMerge mostFrequent(List<List<String>> words, List<String> tokens) {
    Map<BpeMerge, Integer> counts = new LinkedHashMap<>();
    for (List<String> word : words) {
      for (int i = 0; i + 1 < word.size(); i++) {
        counts.merge(new BpeMerge(word.get(i), word.get(i + 1)), 1, Integer::sum);
      }
    }
    Comparator<Map.Entry<BpeMerge, Integer>> order =
        Comparator.comparingInt((Map.Entry<BpeMerge, Integer> e) -> -e.getValue())
            .thenComparingInt(e -> tokens.indexOf(e.getKey().left()))
            .thenComparingInt(e -> tokens.indexOf(e.getKey().right()));
    return counts.entrySet().stream().min(order).orElseThrow().getKey();
  }

  private static void merge(List<String> word, BpeMerge merge) {
    for (int i = 0; i + 1 < word.size(); i++) {
      if (word.get(i).equals(merge.left()) && word.get(i + 1).equals(merge.right())) {
        word.set(i, merge.left() + merge.right());
        word.remove(i + 1);
      }
    }
  }
}
