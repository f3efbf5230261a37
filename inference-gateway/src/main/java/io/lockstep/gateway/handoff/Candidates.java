package io.lockstep.gateway.handoff;

import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;

/**
 * The checkpoints a gateway could serve: the newest that was not refused comes first. Safe for use
 * by several threads.
 */
final class Candidates {

  private final SequencedSet<HandOff.Committed> known = new LinkedHashSet<>();
  private final Set<HandOff.Committed> refused = new HashSet<>();
  private long servedSteps = -1;

  /** Remembers a checkpoint; one that is known already changes nothing. */
  synchronized void offer(HandOff.Committed checkpoint) {
    known.add(checkpoint);
  }

  /** The newest checkpoint that is newer than the one served and was not refused. */
  synchronized Optional<HandOff.Committed> next() {
    return known.stream()
        .filter(checkpoint -> checkpoint.steps() > servedSteps && !refused.contains(checkpoint))
        .max(Comparator.comparingLong(HandOff.Committed::steps));
  }

  /** The checkpoint is being served: older ones are of no interest any more. */
  synchronized void served(HandOff.Committed checkpoint) {
    servedSteps = checkpoint.steps();
  }

  /** The checkpoint is broken: it is not tried again. */
  synchronized void refused(HandOff.Committed checkpoint) {
    refused.add(checkpoint);
  }
}
