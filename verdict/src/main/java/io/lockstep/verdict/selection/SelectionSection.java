package io.lockstep.verdict.selection;

import io.lockstep.config.Key;

/**
 * How candidates become a verdict.
 *
 * @param minVerdictAgreement share of well-formed candidates below which a verdict is told to be of
 *     low agreement, and its group is reflected on
 */
public record SelectionSection(
    @Key(
            value =
                "A verdict that a smaller share of the well-formed candidates has is of low agreement.",
            otherwise = "0.67",
            min = 0,
            max = 1)
        double minVerdictAgreement) {}
