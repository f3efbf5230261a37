package io.lockstep.verdict;

import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.ticket.Ticket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A drawn mission with planted rules: a group fails if and only if one of its pictures shows one of
 * some objects in some odd state; other odd states are harmless. Some labels are flipped, and of
 * some groups the summaries don't show what they failed for.
 */
final class World {

  /** Odd states; the model knows that the others are as they should be. */
  static final List<String> ODD = List.of("手写", "偏斜", "褪色", "双层", "外露", "交叉");

  static final List<String> PROPER = List.of("规范", "整齐");

  private static final List<String> OBJECTS =
      List.of("标签", "接地线", "电源线", "空开", "扎带", "机柜门", "铭牌", "防尘帽", "走线架", "馈线");

  private static final double FLIPPED = 0.05;
  private static final double UNSEEN = 0.05;

  private final String mission;
  private final Random random;
  private final List<String> rules;
  private final List<String> harmless;

  World(String mission, long seed) {
    this.mission = mission;
    this.random = new Random(seed * 31 + mission.hashCode());
    TreeSet<String> planted = new TreeSet<>();
    while (planted.size() < 6) {
      planted.add(pick(OBJECTS) + "/" + pick(ODD));
    }
    TreeSet<String> decoys = new TreeSet<>();
    while (decoys.size() < 6) {
      String decoy = pick(OBJECTS) + "/" + pick(ODD);
      if (!planted.contains(decoy)) {
        decoys.add(decoy);
      }
    }
    this.rules = List.copyOf(planted);
    this.harmless = List.copyOf(decoys);
  }

  /**
   * A group.
   *
   * @param truth what a label would be without mistakes
   * @param flipped whether the label is the other one
   * @param unseen whether its summaries lack what it fails for
   */
  record Group(Ticket ticket, Verdict truth, boolean flipped, boolean unseen) {

    /** The group as people would have decided it without mistakes. */
    Ticket asDecidedRightly() {
      return new Ticket(ticket.groupId(), ticket.mission(), truth, ticket.summaries());
    }
  }

  List<String> rules() {
    return rules;
  }

  List<String> harmless() {
    return harmless;
  }

  private <T> T pick(List<T> some) {
    return some.get(random.nextInt(some.size()));
  }

  /** Groups; those of another prefix are others. */
  List<Group> groups(String prefix, int count) {
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      groups.add(group(prefix + i));
    }
    return groups;
  }

  private Group group(String id) {
    int pictures = 1 + random.nextInt(3);
    List<List<String>> summaries = new ArrayList<>();
    for (int p = 0; p < pictures; p++) {
      List<String> clauses = new ArrayList<>();
      for (int o = 0; o < 4; o++) {
        clauses.add(pick(OBJECTS) + "/" + pick(PROPER));
      }
      summaries.add(clauses);
    }
    if (random.nextDouble() < 0.35) {
      pick(summaries).set(random.nextInt(4), pick(harmless));
    }
    boolean fails = random.nextBoolean();
    boolean unseen = fails && random.nextDouble() < UNSEEN;
    if (fails && !unseen) {
      int faults = random.nextInt(4) == 0 ? 2 : 1;
      for (int f = 0; f < faults; f++) {
        List<String> clauses = pick(summaries);
        clauses.add(random.nextInt(clauses.size() + 1), pick(rules));
      }
    }
    Verdict truth = fails ? Verdict.FAIL : Verdict.PASS;
    boolean flipped = random.nextDouble() < FLIPPED;
    Verdict label = flipped ? (fails ? Verdict.PASS : Verdict.FAIL) : truth;
    List<String> texts =
        summaries.stream()
            .map(clauses ->
                clauses.stream().map(clause -> clause + "×1").collect(Collectors.joining("，")))
            .toList();
    return new Group(new Ticket(id, mission, label, texts), truth, flipped, unseen);
  }

  static List<Ticket> tickets(List<Group> groups) {
    return groups.stream().map(Group::ticket).toList();
  }

  static Set<String> keys(List<Group> groups) {
    return groups.stream().map(group -> group.ticket().key()).collect(Collectors.toSet());
  }
}
