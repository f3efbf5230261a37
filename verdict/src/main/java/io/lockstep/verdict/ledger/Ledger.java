package io.lockstep.verdict.ledger;

import io.lockstep.data.stageb.Verdict;
import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.guidance.GuidanceItem;
import io.lockstep.verdict.selection.Judge;
import io.lockstep.verdict.selection.Ruling;
import io.lockstep.verdict.selection.Selection;
import io.lockstep.verdict.ticket.Ticket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What each item of a guidance does: the verdicts that flip when it is taken out. It is exact,
 * because the same question always gets the same answer.
 *
 * @param flips in the order of items and tickets
 * @param counts how many groups each item helps and harms, of every item
 */
public record Ledger(List<Flip> flips, Map<String, Guidance.Counts> counts) {

  public Ledger {
    flips = List.copyOf(flips);
    counts = Map.copyOf(counts);
  }

  /**
   * A verdict that is another without an item.
   *
   * @param item key of the item
   * @param with the verdict with it; nothing if no candidate was well-formed
   * @param without the verdict without it
   */
  public record Flip(
      String item, Ticket ticket, Optional<Verdict> with, Optional<Verdict> without) {

    /** Whether the verdict is right because of the item. */
    public boolean helps() {
      return with.equals(Optional.of(ticket.label()));
    }

    /** Whether it is wrong because of the item. */
    public boolean harms() {
      return without.equals(Optional.of(ticket.label()));
    }
  }

  /**
   * Takes out each item in turn.
   *
   * @param structural whether structural items are taken out, too
   */
  public static Ledger of(
      Judge judge, Guidance guidance, List<Ticket> tickets, boolean structural) {
    List<Ruling> whole = judge.judge(guidance, tickets);
    List<Flip> flips = new ArrayList<>();
    Map<String, Guidance.Counts> counts = new LinkedHashMap<>();
    for (GuidanceItem item : guidance.items()) {
      if (item.isStructural() && !structural) {
        continue;
      }
      List<Ruling> less = judge.judge(guidance.without(item.key()), tickets);
      int helped = 0;
      int harmed = 0;
      for (int i = 0; i < tickets.size(); i++) {
        Flip flip =
            new Flip(item.key(), tickets.get(i), verdict(whole.get(i)), verdict(less.get(i)));
        if (!flip.with().equals(flip.without())) {
          flips.add(flip);
          helped += flip.helps() ? 1 : 0;
          harmed += flip.harms() ? 1 : 0;
        }
      }
      counts.put(item.key(), new Guidance.Counts(helped, harmed));
    }
    return new Ledger(flips, counts);
  }

  private static Optional<Verdict> verdict(Ruling ruling) {
    return ruling.selection().map(Selection::judgement).map(judgement -> judgement.verdict());
  }
}
