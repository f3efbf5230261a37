package io.lockstep.config;

import java.util.List;
import java.util.Optional;

/**
 * What the entries of a list may be: records of different types, each with keys of its own. An
 * entry stands in files as the name of its type, or as a mapping of that name to keys. All that is
 * known of an entry is in its record, or beside it, inlined, in the record that the list is
 * declared with.
 */
public interface Kinds {

  /** The records, each with a {@link Key} that says what it is. */
  List<Class<? extends Record>> types();

  /** What each of them is, for messages. */
  String noun();

  /** An entry. */
  String example();

  /** The name of a type in files: its own in snake case. */
  static String name(Class<?> type) {
    return Declared.snake(type.getSimpleName());
  }

  /** The type of that name. */
  default Optional<Class<? extends Record>> find(String name) {
    return types().stream().filter(type -> name(type).equals(name)).findFirst();
  }

  /** All names. */
  default List<String> names() {
    return types().stream().map(Kinds::name).toList();
  }
}
