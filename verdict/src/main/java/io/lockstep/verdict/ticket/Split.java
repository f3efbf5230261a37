package io.lockstep.verdict.ticket;

import io.lockstep.data.stageb.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * Who learns from which tickets.
 *
 * @param learning tickets whose labels a reflection may see
 * @param validation tickets whose labels only decide whether a change harms
 */
public record Split(List<Ticket> learning, List<Ticket> validation) {

  public Split {
    learning = List.copyOf(learning);
    validation = List.copyOf(validation);
  }

  /**
   * Draws a split with the same share of each label. Both tickets of a group that exists under two
   * labels are on the same side.
   *
   * @param share of the validation tickets, 0 to 1
   */
  public static Split of(List<Ticket> tickets, double share, long seed) {
    List<Ticket> learning = new ArrayList<>();
    List<Ticket> validation = new ArrayList<>();
    for (Verdict label : Verdict.values()) {
      List<Ticket> drawn =
          Draws.shuffled(
              tickets.stream().filter(ticket -> groupLabel(ticket, tickets) == label).toList(),
              Ticket::groupId,
              seed,
              "split");
      long groups = drawn.stream().map(Ticket::groupId).distinct().count();
      List<String> held =
          drawn.stream().map(Ticket::groupId).distinct().limit(Math.round(groups * share)).toList();
      Predicate<Ticket> isHeld = ticket -> held.contains(ticket.groupId());
      drawn.forEach(ticket -> (isHeld.test(ticket) ? validation : learning).add(ticket));
    }
    Comparator<Ticket> byKey = Comparator.comparing(Ticket::key);
    learning.sort(byKey);
    validation.sort(byKey);
    return new Split(learning, validation);
  }

  /** The label of a group's first ticket, for groups that have two. */
  private static Verdict groupLabel(Ticket ticket, List<Ticket> tickets) {
    return tickets.stream()
        .filter(other -> other.groupId().equals(ticket.groupId()))
        .min(Comparator.comparing(Ticket::key))
        .map(Ticket::label)
        .orElse(ticket.label());
  }
}
