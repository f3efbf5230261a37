package io.lockstep.model.adapter;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Some of a model's numbered layers, with the meaning the public PEFT library gives to {@code
 * layers_to_transform} and {@code layers_pattern}.
 *
 * @param indexes numbers of layers
 * @param lists regular expressions that the name of a list of layers matches; of any list if there
 *     are none
 */
public record NumberedLayers(List<Integer> indexes, List<String> lists) {

  private static final String ANY = ".*?\\.[^.]*\\.(\\d+)\\..*";

  public NumberedLayers {
    indexes = List.copyOf(indexes);
    lists = List.copyOf(lists);
  }

  /** Whether a module lies in one of these layers: the first number in its name counts. */
  boolean hold(String module) {
    return index(module) >= 0;
  }

  /** The number among these of the layer that a module lies in; -1 if it lies in none. */
  int index(String module) {
    List<String> expressions =
        lists.isEmpty()
            ? List.of(ANY)
            : lists.stream().map(list -> "(?:|.*?\\.)(?:" + list + ")\\.(\\d+)\\..*").toList();
    for (String expression : expressions) {
      Matcher matcher = Pattern.compile(expression).matcher(module);
      if (matcher.matches()) {
        int index = Integer.parseInt(matcher.group(matcher.groupCount()));
        return indexes.contains(index) ? index : -1;
      }
    }
    return -1;
  }
}
