package io.lockstep.verdict.selection;

import io.lockstep.data.stageb.Judgement;
import io.lockstep.data.stageb.Verdict;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The verdict on a group.
 *
 * @param judgement the verdict with its reason
 * @param voted what the candidates' majority says
 * @param candidate number of the candidate whose reason is taken
 * @param voteStrength share of the well-formed candidates that have voted so
 * @param passShare share of them that pass
 * @param meanLogProbability mean over those that have voted so, if it is known of all of them
 * @param warnings what is remarkable, in the order of {@link Warning}
 */
public record Selection(
    Judgement judgement,
    Verdict voted,
    int candidate,
    double voteStrength,
    double passShare,
    OptionalDouble meanLogProbability,
    List<Warning> warnings) {

  public Selection {
    warnings = List.copyOf(warnings);
  }

  /** Whether its candidates disagree. */
  public boolean isDoubtful() {
    return warnings.contains(Warning.ROLLOUT_CONTRADICTION)
        || warnings.contains(Warning.LOW_AGREEMENT)
        || warnings.contains(Warning.TIED_VOTE);
  }
}
