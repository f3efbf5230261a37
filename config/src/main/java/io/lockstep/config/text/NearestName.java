package io.lockstep.config.text;

import java.util.Optional;

/** Finds the name a user probably meant. */
public final class NearestName {

  private NearestName() {}

  /**
   * The candidate with the smallest edit distance, if it is near enough to be a slip of the
   * keyboard.
   */
  public static Optional<String> of(String given, Iterable<String> candidates) {
    String nearest = null;
    int best = Math.max(2, given.length() / 2) + 1;
    for (String candidate : candidates) {
      int distance = distance(given, candidate);
      if (distance < best) {
        best = distance;
        nearest = candidate;
      }
    }
    return Optional.ofNullable(nearest);
  }

  /** Levenshtein's edit distance. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(change, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
