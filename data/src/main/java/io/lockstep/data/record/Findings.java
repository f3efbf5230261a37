package io.lockstep.data.record;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Collects everything that is wrong with one record. */
final class Findings {

  private final Origin origin;
  private final List<Problem> problems = new ArrayList<>();

  Findings(Origin origin) {
    this.origin = origin;
  }

  Origin origin() {
    return origin;
  }

  void add(String field, String what) {
    Problem problem = new Problem(origin.file(), origin.line(), field, what);
    if (!problems.contains(problem)) {
      problems.add(problem);
    }
  }

  /** Reports every key of an object that is not among the known ones. */
  void refuseUnknownKeys(JsonNode object, String prefix, Set<String> known) {
    for (var property : object.properties()) {
      if (!known.contains(property.getKey())) {
        add(prefix + property.getKey(), "unknown field; known are " + new TreeSet<>(known));
      }
    }
  }

  void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new DataException(problems);
    }
  }
}
