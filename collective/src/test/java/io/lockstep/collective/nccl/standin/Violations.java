package io.lockstep.collective.nccl.standin;

import java.util.ArrayList;
import java.util.List;

/** Calls that the documentation forbids: with the real libraries they would hang or do damage. */
final class Violations {
  private final List<String> all = new ArrayList<>();

  synchronized void add(String what) {
    all.add(what);
  }

  void require(boolean holds, String what) {
    if (!holds) {
      add(what);
    }
  }

  synchronized List<String> list() {
    return List.copyOf(all);
  }
}
