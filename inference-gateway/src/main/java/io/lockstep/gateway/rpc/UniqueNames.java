package io.lockstep.gateway.rpc;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Names for the messages of a stream, whose answers come in any order. */
final class UniqueNames {

  private UniqueNames() {}

  /**
   * The index of each name; a name that was there before gets {@code #2}, {@code #3}, ... behind
   * it.
   *
   * @return in the order of {@code names}
   */
  static SequencedMap<String, Integer> of(List<String> names) {
    SequencedMap<String, Integer> unique = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      for (int n = 2; unique.containsKey(name); n++) {
        name = names.get(i) + "#" + n;
      }
      unique.put(name, i);
    }
    return unique;
  }
}
