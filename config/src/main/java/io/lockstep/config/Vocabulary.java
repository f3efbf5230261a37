package io.lockstep.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What is known about keys that a configuration doesn't have.
 *
 * @param removed options of other programs that are left out on purpose, refused under every name
 *     that holds theirs
 * @param renamed keys that were called otherwise, by their dotted names, with what to write instead
 * @param upgrade makes of a text that was written earlier, with keys of that time, one with
 *     today's; it may change what it is given
 */
public record Vocabulary(
    List<RemovedOption> removed, Map<String, String> renamed, UnaryOperator<ObjectNode> upgrade) {

  /** Of a configuration whose keys were never called otherwise. */
  public static final Vocabulary NONE = of(List.of());

  public Vocabulary {
    removed = List.copyOf(removed);
    renamed = Map.copyOf(renamed);
  }

  /** The same, without some options. */
  public static Vocabulary of(List<RemovedOption> removed) {
    return new Vocabulary(removed, Map.of(), UnaryOperator.identity());
  }
}
