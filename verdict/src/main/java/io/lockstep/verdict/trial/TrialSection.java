package io.lockstep.verdict.trial;

import io.lockstep.config.Key;

/**
 * When a proposed change is taken.
 *
 * @param acceptance whether changes are tried before they are taken
 * @param validationShare of the tickets, whose labels no reflection sees
 * @param minibatch learning tickets on which a change is tried, besides its evidence
 * @param chanceFindings how many changes that do nothing may be taken in a run, about
 * @param pool most guidances that are kept
 * @param ledgerGroups most learning tickets by which items are counted after each epoch
 */
public record TrialSection(
    @Key(
            value =
                "`tried`: a change is taken if it helps on its minibatch, doesn't harm the validation tickets, and chance would hardly do as well. `always`: every allowed change is taken, which is known to overfit; for comparison.",
            otherwise = "tried")
        Acceptance acceptance,
    @Key(
            value = "Share of the tickets whose labels only decide whether a change harms.",
            otherwise = "0.3",
            min = 0,
            max = 0.9)
        double validationShare,
    @Key(
            value = "Learning tickets on which a change is tried, besides those that speak for it.",
            otherwise = "48",
            min = 1)
        int minibatch,
    @Key(
            value =
                "How many changes that do nothing may be taken in a run, about: the test of a change against chance gets stricter with each that was in vain, and looser with each that was taken.",
            otherwise = "0.5",
            min = 0,
            aboveMin = true,
            max = 100)
        double chanceFindings,
    @Key(
            value = "Most guidances that are kept, none better than another everywhere.",
            otherwise = "4",
            min = 1,
            max = 64)
        int pool,
    @Key(
            value = "Most learning tickets by which items are counted after each epoch.",
            otherwise = "200",
            min = 1)
        int ledgerGroups) {

  /** Whether changes are tried. */
  public enum Acceptance {
    TRIED,
    ALWAYS
  }
}
