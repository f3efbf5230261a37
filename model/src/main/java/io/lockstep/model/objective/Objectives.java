package io.lockstep.model.objective;

import java.util.List;

/** The objectives there are: a new one is a class beside this one and a line in it. */
public final class Objectives {

  private static final List<Objective> ALL = List.of(new CrossEntropy());

  private Objectives() {}

  /** What is minimised if nobody asks for anything else. */
  public static Objective standard() {
    return ALL.getFirst();
  }

  /** The names of all. */
  public static List<String> names() {
    return ALL.stream().map(Objective::name).toList();
  }

  /** The objective of a name. */
  public static Objective of(String name) {
    return ALL.stream()
        .filter(objective -> objective.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "there is no objective " + name + "; there are " + names()));
  }
}
