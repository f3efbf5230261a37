package io.lockstep.model.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Trains a byte-level BPE vocabulary with Qwen2's normalisation and pre-tokenisation.
 *
 * <p>The same multiset of pieces gives the same vocabulary, whatever the order of the texts. Memory
 * grows with the number of different pieces, not with the length of the texts.
 *
 * @param vocabularySize wanted number of tokens, special ones included
 * @param specialTokens added after all others, in this order
 * @param minFrequency pairs that occur less often are not merged
 */
public record ByteLevelBpeTrainer(
    int vocabularySize, List<String> specialTokens, long minFrequency) {
  private static final int BYTES = 256;
  private static final long DEFAULT_MIN_FREQUENCY = 2;

  /**
   * Checks the sizes.
   *
   * @throws IllegalArgumentException if the bytes and special tokens alone need more room
   */
  public ByteLevelBpeTrainer {
    specialTokens = List.copyOf(specialTokens);
    if (vocabularySize < BYTES + specialTokens.size() || minFrequency < 1) {
      throw new IllegalArgumentException(
          "A vocabulary of %d cannot hold %d bytes and %d special tokens, or the least frequency %d"
                  .formatted(vocabularySize, BYTES, specialTokens.size(), minFrequency)
              + " is not positive");
    }
  }

  /** A trainer with Qwen-VL's special tokens that merges pairs seen at least twice. */
  public static ByteLevelBpeTrainer qwenVl(int vocabularySize) {
    return new ByteLevelBpeTrainer(vocabularySize, SpecialTokens.QWEN_VL, DEFAULT_MIN_FREQUENCY);
  }

  /**
   * Trains on the texts, which are read once.
   *
   * @return a vocabulary of the wanted size, or a smaller one if no pair is frequent enough
   */
  public BpeVocabulary train(Iterable<String> texts) {
    List<String> alphabet = alphabet();
    Map<Character, Integer> ids = new TreeMap<>();
    for (int id = 0; id < alphabet.size(); id++) {
      ids.put(alphabet.get(id).charAt(0), id);
    }
    Map<String, long[]> pieces = count(texts);
    List<String> order = new ArrayList<>(pieces.keySet());
    order.sort(null);
    List<int[]> words = new ArrayList<>(order.size());
    long[] counts = new long[order.size()];
    for (int i = 0; i < counts.length; i++) {
      String piece = order.get(i);
      counts[i] = Objects.requireNonNull(pieces.get(piece))[0];
      words.add(ByteLevel.encode(piece).chars().map(c -> ids.get((char) c)).toArray());
    }
    BpeMerges merges = new BpeMerges(alphabet, words, counts);
    merges.mergeUntil(vocabularySize - specialTokens.size(), minFrequency);
    return new BpeVocabulary(merges.tokens(), merges.merges(), specialTokens);
  }

  private static Map<String, long[]> count(Iterable<String> texts) {
    Map<String, long[]> pieces = new HashMap<>();
    for (String text : texts) {
      PreTokenizer.split(text, piece -> pieces.computeIfAbsent(piece, p -> new long[1])[0]++);
    }
    return pieces;
  }

  /** All bytes, ordered by the characters that stand for them. */
  private static List<String> alphabet() {
    return IntStream.range(0, BYTES)
        .map(ByteLevel::character)
        .sorted()
        .mapToObj(Character::toString)
        .toList();
  }
}
