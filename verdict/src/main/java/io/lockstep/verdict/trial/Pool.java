package io.lockstep.verdict.trial;

import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.ticket.Draws;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Guidances of which none is better than another on all validation tickets. One that is worse on
 * the whole may be right where the best is wrong; changes are tried on it, too. Immutable.
 *
 * @param members by their number, oldest first
 * @param made how many there ever were
 */
public record Pool(List<Member> members, int made) {

  public Pool {
    members = List.copyOf(members);
  }

  /**
   * A guidance.
   *
   * @param number in the order of being made, from 0
   * @param correct keys of the validation tickets that it has right
   */
  public record Member(int number, Guidance guidance, Set<String> correct) {
    public Member {
      correct = Set.copyOf(correct);
    }

    private boolean dominates(Member other) {
      return correct.containsAll(other.correct)
          && (correct.size() > other.correct.size() || number < other.number);
    }
  }

  /** A pool of the guidance that a run begins with. */
  public static Pool of(Guidance first, Set<String> correct) {
    return new Pool(List.of(new Member(0, first, correct)), 1);
  }

  /** The guidance that verdicts go by: most validation tickets right, the newest of those. */
  public Member best() {
    return members.stream()
        .max(
            Comparator.comparingInt((Member each) -> each.correct().size())
                .thenComparingInt(Member::number))
        .orElseThrow();
  }

  /**
   * The pool with another guidance, without those that are dominated now.
   *
   * @param parent number of the guidance that it was made of, which it replaces if it is as good
   *     everywhere
   */
  public Pool with(Guidance child, Set<String> correct, int parent, int most) {
    Member added = new Member(made, child, correct);
    List<Member> all = new ArrayList<>(members);
    all.removeIf(member ->
        added.correct().containsAll(member.correct())
            && (member.number() == parent || member.correct().size() < added.correct().size()));
    if (all.stream().noneMatch(member -> member.dominates(added))) {
      all.add(added);
    }
    while (all.size() > most) {
      all.stream()
          .min(
              Comparator.comparingInt((Member each) -> each.correct().size())
                  .thenComparingInt(Member::number))
          .ifPresent(all::remove);
    }
    return new Pool(all, made + 1);
  }

  /** The same pool with a member's guidance recounted. */
  public Pool recounted(int number, Guidance counted) {
    return new Pool(
        members.stream()
            .map(each ->
                each.number() == number ? new Member(number, counted, each.correct()) : each)
            .toList(),
        made);
  }

  /**
   * One to try changes on: drawn, the more probable the more tickets it has right alone or best.
   */
  public Member draw(long seed, String purpose) {
    Set<String> union = new HashSet<>();
    members.forEach(member -> union.addAll(member.correct()));
    List<Member> weighted = new ArrayList<>();
    for (Member member : members) {
      int weight = Math.max(1, 2 * member.correct().size() - union.size());
      for (int i = 0; i < weight; i++) {
        weighted.add(member);
      }
    }
    int place = (int) (Draws.unit(seed, purpose, "parent") * weighted.size());
    return weighted.get(place);
  }
}
