package io.lockstep.verdict.reflection;

import java.util.List;

/**
 * What a model supposes but isn't sure of.
 *
 * @param text as an item would say it
 * @param falsifier what would show that it is wrong
 * @param evidence keys of the tickets that speak for it
 */
public record Hypothesis(String text, String falsifier, List<String> evidence) {
  public Hypothesis {
    evidence = List.copyOf(evidence);
  }
}
