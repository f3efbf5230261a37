package io.lockstep.verdict.journal;

import io.lockstep.config.Key;
import io.lockstep.verdict.guidance.Guidance;

/**
 * How a run of one mission has begun, and whether it has ended.
 *
 * @param round how often its name was run, from 1
 * @param complete whether all artifacts are written
 * @param start the guidance that it began with
 */
public record RunState(
    @Key(value = "How often its name was run, from 1.", min = 1) int round,
    @Key("Whether all artifacts are written.") boolean complete,
    @Key("The guidance that it began with.") Guidance start) {

  /** The same run, ended. */
  public RunState completed() {
    return new RunState(round, true, start);
  }

  /** The next run of the name, which goes on from a guidance. */
  public RunState next(Guidance last) {
    return new RunState(round + 1, false, last);
  }
}
