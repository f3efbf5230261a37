package io.lockstep.model.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Finds byte-pair merges by repeatedly joining the most frequent pair of neighbours (Sennrich et
 * al., 2016).
 *
 * <p>Among equally frequent pairs the one with the smaller left id goes first, then the smaller
 * right id, so that the result depends on the counts alone. Only words that hold a merged pair are
 * visited; maps are looked up, never walked through.
 */
final class BpeMerges {

  /** A pair to merge, with the frequency it had when it was queued. */
  private record Candidate(int left, int right, long count) {
    static final Comparator<Candidate> ORDER =
        Comparator.comparingLong((Candidate c) -> -c.count)
            .thenComparingInt(Candidate::left)
            .thenComparingInt(Candidate::right);
  }

  /** How often a pair occurs and the words it occurs, or once occurred, in. */
  private static final class Occurrences {
    long count;
    int[] words = new int[2];
    int size;

    void add(int word, long times) {
      count += times;
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, 2 * size);
      }
      words[size++] = word;
    }
  }

  private final List<int[]> words;
  private final long[] counts;
  private final List<String> tokens;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<Long, Occurrences> pairs = new HashMap<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>(Candidate.ORDER);
  private final List<BpeMerge> merges = new ArrayList<>();

  /**
   * Begins with an alphabet.
   *
   * @param alphabet texts of the first ids
   * @param words each a list of ids; changed in place
   * @param counts how often each word occurs
   */
  BpeMerges(List<String> alphabet, List<int[]> words, long[] counts) {
    this.words = words;
    this.counts = counts;
    this.tokens = new ArrayList<>(alphabet);
    for (int id = 0; id < alphabet.size(); id++) {
      ids.put(alphabet.get(id), id);
    }
    SortedSet<Long> found = new TreeSet<>();
    for (int word = 0; word < words.size(); word++) {
      int[] symbols = words.get(word);
      for (int i = 0; i + 1 < symbols.length; i++) {
        add(symbols[i], symbols[i + 1], word, found);
      }
    }
    for (long key : found) {
      enqueue(key, Objects.requireNonNull(pairs.get(key)));
    }
  }

  /** Merges until there are {@code size} tokens or no pair occurs {@code minFrequency} times. */
  void mergeUntil(int size, long minFrequency) {
    while (tokens.size() < size) {
      Candidate best = queue.poll();
      if (best == null) {
        return;
      }
      Occurrences found = pairs.get(key(best.left, best.right));
      if (found == null || found.count != best.count) {
        // The pair changed since it was queued; where it grew it was queued again then.
        if (found != null && found.count < best.count) {
          enqueue(key(best.left, best.right), found);
        }
        continue;
      }
      if (best.count < minFrequency) {
        return;
      }
      merge(best, found);
    }
  }

  /** All texts by id. */
  List<String> tokens() {
    return List.copyOf(tokens);
  }

  /** All merges in order. */
  List<BpeMerge> merges() {
    return List.copyOf(merges);
  }

  private void merge(Candidate best, Occurrences found) {
    String left = tokens.get(best.left);
    String right = tokens.get(best.right);
    int merged = idOf(left + right);
    merges.add(new BpeMerge(left, right));
    pairs.remove(key(best.left, best.right));
    SortedSet<Long> grown = new TreeSet<>();
    for (int i = 0; i < found.size; i++) {
      mergeIn(found.words[i], best.left, best.right, merged, grown);
    }
    for (long key : grown) {
      enqueue(key, Objects.requireNonNull(pairs.get(key)));
    }
  }

  /** Two ways of merging can lead to the same text; it stays one token. */
  private int idOf(String text) {
    Integer known = ids.putIfAbsent(text, tokens.size());
    if (known != null) {
      return known;
    }
    tokens.add(text);
    return tokens.size() - 1;
  }

  /** Replaces the pair from left to right; a word that no longer holds it stays as it is. */
  private void mergeIn(int word, int left, int right, int merged, SortedSet<Long> grown) {
    int[] symbols = words.get(word);
    int size = 0;
    int at = 0;
    while (at < symbols.length) {
      if (at + 1 == symbols.length || symbols[at] != left || symbols[at + 1] != right) {
        symbols[size++] = symbols[at++];
        continue;
      }
      if (size > 0) {
        remove(symbols[size - 1], left, word);
        add(symbols[size - 1], merged, word, grown);
      }
      if (at + 2 < symbols.length) {
        remove(right, symbols[at + 2], word);
        add(merged, symbols[at + 2], word, grown);
      }
      symbols[size++] = merged;
      at += 2;
    }
    if (size < symbols.length) {
      words.set(word, Arrays.copyOf(symbols, size));
    }
  }

  private void remove(int left, int right, int word) {
    Occurrences found = pairs.get(key(left, right));
    if (found != null) {
      found.count -= counts[word];
    }
  }

  private void add(int left, int right, int word, SortedSet<Long> grown) {
    long key = key(left, right);
    pairs.computeIfAbsent(key, absent -> new Occurrences()).add(word, counts[word]);
    grown.add(key);
  }

  private void enqueue(long key, Occurrences found) {
    if (found.count > 0) {
      queue.add(new Candidate((int) (key >>> 32), (int) key, found.count));
    }
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }
}
