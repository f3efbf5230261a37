package io.lockstep.verdict.artifact;

import io.lockstep.config.Key;

/** What a run was begun with, in run.json. */
public record RunRow(
    @Key(value = "Its name.") String runName,
    @Key(value = "What is inspected.") String mission,
    @Key(value = "All that is drawn follows from it.") long seed,
    @Key(value = "Times that the learning tickets are judged.") int epochs,
    @Key(value = "Tickets of a window.") int loggingSteps,
    @Key(value = "Parts for probabilities out of fold.") int folds,
    @Key(value = "Stated error rate of verdicts that are given.") double errorRate,
    @Key(value = "Learning tickets.") int learning,
    @Key(value = "Validation tickets.") int validation,
    @Key(value = "How often the name was run, from 1.") int round)
    implements Row {}
