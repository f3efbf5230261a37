package io.lockstep.verdict.loop;

import io.lockstep.config.Key;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What people are asked, and what they have said.
 *
 * @param decisions what reviewers decided
 * @param errorRate share of wrong verdicts among those that are given, at most
 * @param folds parts for probabilities out of fold
 */
public record ReviewSection(
    @Key(
            value =
                "What reviewers decided: a JSONL with `ticket_key` and `label` (`pass` or `fail`), whose labels count from then on.",
            mustExist = true)
        Optional<Path> decisions,
    @Key(
            value =
                "Stated error rate: verdicts are given down to the confidence at which so large a share of them is wrong; the other tickets go to people.",
            otherwise = "0.1",
            min = 0,
            max = 1)
        double errorRate,
    @Key(
            value =
                "Parts of the tickets, each of which is told of by a model that learned from the others.",
            otherwise = "5",
            min = 2,
            max = 100)
        int folds) {}
