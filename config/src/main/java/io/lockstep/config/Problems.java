package io.lockstep.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects what is wrong, so that the user sees all of it at once. */
final class Problems {

  private final List<Problem> all = new ArrayList<>();
  private final Set<String> faulty = new HashSet<>();
  private boolean checking;

  void add(String pointer, Problem problem) {
    if (!checking) {
      faulty.add(pointer);
    } else if (faulty.contains(pointer)) {
      return;
    }
    all.add(problem);
  }

  /** Says of a key that is faulty by itself nothing more. */
  void check(Record section, Place place) {
    if (section instanceof Checked checked) {
      checking = true;
      checked.check(place);
      checking = false;
    }
  }

  int count() {
    return all.size();
  }

  /** Forgets those after the first ones. */
  void keep(int first) {
    all.subList(first, all.size()).clear();
  }

  List<Problem> all() {
    return List.copyOf(all);
  }
}
