package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;

/** A point of the risk-coverage curve. */
public record RiskRow(
    @Key(value = "Least confidence of verdicts that are given.") double threshold,
    @Key(value = "Share of tickets with such a verdict.") double coverage,
    @Key(value = "Share of wrong ones among them.") double risk,
    @Key(value = "Whether it is the threshold of the stated error rate.") boolean chosen)
    implements Row {}
