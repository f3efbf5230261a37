package io.lockstep.model.objective;

import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import java.util.Arrays;

/**
 * What a sum of a loss is divided by: how many of something a whole step has. It is known of each
 * pass before anything is computed, and added up over all passes of all virtual ranks.
 */
public enum Normaliser {

  /** Supervised tokens. */
  TOKENS {
    @Override
    public long count(Targets targets) {
      return Arrays.stream(targets.labels()).filter(label -> label != Sample.IGNORED).count();
    }
  },

  /** Passes through the model: for what is a mean within each of them. */
  PASSES {
    @Override
    public long count(Targets targets) {
      return 1;
    }

    @Override
    public boolean isOfPositions() {
      return false;
    }
  };

  /** How many a pass has, or a part of it whose targets these are. */
  public abstract long count(Targets targets);

  /** Whether the counts of a pass's parts add up to that of the pass. */
  public boolean isOfPositions() {
    return true;
  }
}
