package io.lockstep.verdict.rollout;

import io.lockstep.config.Key;
import java.util.List;

/**
 * How candidates are made.
 *
 * @param grid decoding settings, each of which gives candidates
 * @param samplesPerDecode candidates of each
 * @param batchGroups groups that are judged at once, between two looks at the labels
 */
public record RolloutSection(
    @Key(value = "Decoding settings, each of which gives candidates.", min = 1) List<Decoding> grid,
    @Key(value = "Candidates of each setting.", otherwise = "1", min = 1, max = 64)
        int samplesPerDecode,
    @Key(
            value = "Groups that are judged at once; after each such batch comes a reflection.",
            otherwise = "16",
            min = 1,
            max = 4096)
        int batchGroups) {

  public RolloutSection {
    grid = List.copyOf(grid);
  }
}
