package io.lockstep.data.record;

import io.lockstep.data.jsonl.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Counts problems by kind: by field and words, whatever numbers, quoted values and paths stand in
 * them. Keeps one example of each kind, and no more than {@value #MOST_KINDS} kinds apart.
 */
public final class ProblemKinds {

  private static final int MOST_KINDS = 200;
  private static final String OTHERS = "other problems";
  private static final Pattern INDEX = Pattern.compile("\\[[0-9]+]");
  private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"|'[^']*'");
  private static final Pattern NUMBER =
      Pattern.compile("U\\+[0-9A-F]{4,}|(?<![\\p{L}_])-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?");

  /** The first words of a message tell its kind. */
  private static final int LONGEST = 160;

  private final Map<String, Counted> kinds = new LinkedHashMap<>();

  /**
   * Problems of one kind.
   *
   * @param kind field and words
   * @param count how many there are
   * @param first the first of them
   */
  public record Kind(String kind, long count, Problem first) {}

  private static final class Counted {
    private final Problem first;
    private long count;

    Counted(Problem first) {
      this.first = first;
    }
  }

  /**
   * Counts a problem and says how many of its kind there have been, with it.
   *
   * @param named what the problem's message is about, such as a path, which says nothing of its
   *     kind; empty if there is nothing such
   */
  public long add(Problem problem, String named) {
    String kind = kindOf(problem, named);
    String key = kinds.containsKey(kind) || kinds.size() < MOST_KINDS ? kind : OTHERS;
    Counted counted = kinds.computeIfAbsent(key, each -> new Counted(problem));
    counted.count++;
    return counted.count;
  }

  private static String kindOf(Problem problem, String named) {
    String what = named.isEmpty() ? problem.what() : problem.what().replace(named, "the picture");
    what = what.length() <= LONGEST ? what : what.substring(0, LONGEST) + " ...";
    what = NUMBER.matcher(QUOTED.matcher(what).replaceAll("\"...\"")).replaceAll("#");
    String field = INDEX.matcher(problem.field()).replaceAll("[]");
    return field.isEmpty() ? what : field + ": " + what;
  }

  /** All kinds, the most frequent first; equally frequent ones as they were met. */
  public List<Kind> list() {
    List<Kind> list = new ArrayList<>();
    kinds.forEach((kind, counted) -> list.add(new Kind(kind, counted.count, counted.first)));
    list.sort(Comparator.comparingLong(Kind::count).reversed());
    return List.copyOf(list);
  }
}
