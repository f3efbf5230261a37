package io.lockstep.model.objective;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a sum of a loss is divided by: how many of something a whole step has. It is known of each
 * pass before anything is computed, and added up over all passes of all virtual ranks.
 */
public enum Normaliser {

  /** Supervised tokens. */
  TOKENS {
    @Override
    public long count(Batch batch, Targets targets) {
      return Arrays.stream(targets.labels()).filter(label -> label != Sample.IGNORED).count();
    }
  },

  /** Supervised tokens of answers in demonstrations. */
  TEACHER_TOKENS {
    @Override
    public long count(Batch batch, Targets targets) {
      return TOKENS.count(batch, targets.only(Marks::isTeachers));
    }
  },

  /** Supervised tokens of all other answers. */
  STUDENT_TOKENS {
    @Override
    public long count(Batch batch, Targets targets) {
      return TOKENS.count(batch, targets.only(mark -> !Marks.isTeachers(mark)));
    }
  },

  /** Passes through the model: for what is a mean within each of them. */
  PASSES {
    @Override
    public long count(Batch batch, Targets targets) {
      return 1;
    }

    @Override
    public boolean isOfPositions() {
      return false;
    }
  },

  /** Objects in pictures whose objects are known: for what is learned of each of them. */
  OBJECTS {
    @Override
    public long count(Batch batch, Targets targets) {
      return objects(batch);
    }

    @Override
    public boolean isOfPositions() {
      return false;
    }
  };

  static long objects(Batch batch) {
    return batch.truths().stream()
        .flatMap(Optional::stream)
        .mapToLong(truth -> truth.objects().size())
        .sum();
  }

  /**
   * How many a pass has, or a part of it.
   *
   * @param batch of the pass
   * @param targets of the part
   */
  public abstract long count(Batch batch, Targets targets);

  /** Whether the counts of a pass's parts add up to that of the pass. */
  public boolean isOfPositions() {
    return true;
  }
}
