package io.lockstep.verdict.trial;

import io.lockstep.verdict.guidance.Guidance;
import io.lockstep.verdict.selection.Judge;
import io.lockstep.verdict.ticket.Ticket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What came of trying a change on its own.
 *
 * @param accepted whether it is taken
 * @param why in words
 * @param minibatch what it does to the learning tickets that were asked
 * @param validation what it does to the validation tickets; nothing if they weren't asked
 * @param chance the probability that a change which does nothing looks so good; 1 if it wasn't
 *     tested
 * @param level the probability up to which it would be taken; 0 if it wasn't tested
 */
public record Trial(
    boolean accepted, String why, Flips minibatch, Flips validation, double chance, double level) {

  /** A change that is worth something puts right at least so many for each that it puts wrong. */
  private static final int HELPED_FOR_EACH_HARMED = 4;

  /**
   * Groups whose verdict flips.
   *
   * @param helped those that are right now
   * @param harmed those that are wrong now
   */
  public record Flips(int helped, int harmed) {

    static final Flips NONE = new Flips(0, 0);

    static Flips of(Set<String> before, Set<String> after) {
      return new Flips(without(after, before), without(before, after));
    }

    Flips plus(Flips other) {
      return new Flips(helped + other.helped, harmed + other.harmed);
    }

    double chance() {
      return Wealth.chance(helped, harmed);
    }

    private static int without(Set<String> some, Set<String> others) {
      Set<String> rest = new HashSet<>(some);
      rest.removeAll(others);
      return rest.size();
    }
  }

  /** A change that is taken without a trial. */
  public static final Trial UNTRIED =
      new Trial(true, "taken without a trial", Flips.NONE, Flips.NONE, 1, 0);

  /** A change that the rules forbid. */
  public static Trial refused(String why) {
    return new Trial(false, why, Flips.NONE, Flips.NONE, 1, 0);
  }

  /** Whether it came to a test against chance. */
  public boolean isTested() {
    return level > 0;
  }

  /**
   * The tickets that a change is tried on.
   *
   * @param evidence learning tickets that speak for it; chosen for it, they say nothing of chance
   * @param minibatch other learning tickets
   * @param validation tickets that no reflection sees
   * @param rest all other learning tickets, which are asked only where the others leave it open
   */
  public record Tickets(
      List<Ticket> evidence, List<Ticket> minibatch, List<Ticket> validation, List<Ticket> rest) {
    public Tickets {
      evidence = List.copyOf(evidence);
      minibatch = List.copyOf(minibatch);
      validation = List.copyOf(validation);
      rest = List.copyOf(rest);
    }
  }

  /**
   * Tries a change. It is taken if it helps on its minibatch, doesn't harm the validation tickets,
   * and chance alone would hardly do as well on both. The validation tickets are asked only if it
   * helps on the minibatch, the rest only if these leave it open.
   *
   * @param parent the guidance as it is
   * @param child the same with the change
   * @param simplifies whether it only leaves something out: then chance needn't be excluded, an
   *     item has to earn its place
   */
  public static Trial of(
      Judge judge,
      Guidance parent,
      Guidance child,
      Tickets tickets,
      boolean simplifies,
      Wealth wealth) {
    Flips evidence = flips(judge, parent, child, tickets.evidence());
    Flips others = flips(judge, parent, child, tickets.minibatch());
    Flips minibatch = evidence.plus(others);
    if (minibatch.helped() <= minibatch.harmed()) {
      return new Trial(false, "doesn't help on its minibatch", minibatch, Flips.NONE, 1, 0);
    }
    Flips validation = flips(judge, parent, child, tickets.validation());
    if (validation.harmed() > validation.helped()) {
      return new Trial(false, "harms the validation tickets", minibatch, validation, 1, 0);
    }
    Flips tested = others.plus(validation);
    if (simplifies || tested.chance() > wealth.level()) {
      Flips rest = flips(judge, parent, child, tickets.rest());
      minibatch = minibatch.plus(rest);
      tested = tested.plus(rest);
    }
    if (simplifies) {
      boolean idle = tested.helped() >= tested.harmed();
      String why = idle ? "does no worse without it" : "harms the learning tickets";
      return new Trial(idle, why, minibatch, validation, tested.chance(), 0);
    }
    boolean plain = tested.helped() >= HELPED_FOR_EACH_HARMED * tested.harmed();
    boolean accepted = plain && tested.chance() <= wealth.level();
    return new Trial(
        accepted,
        accepted ? "helps" : plain ? "may be chance" : "harms too many for those that it helps",
        minibatch,
        validation,
        tested.chance(),
        wealth.level());
  }

  private static Flips flips(Judge judge, Guidance parent, Guidance child, List<Ticket> tickets) {
    return Flips.of(judge.correct(parent, tickets), judge.correct(child, tickets));
  }
}
