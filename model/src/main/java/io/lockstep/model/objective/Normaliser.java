package io.lockstep.model.objective;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Marks;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import java.util.Optional;

/**
 * What a sum of a loss is divided by: how many of something a whole step has. It is known of each
 * pass before anything is computed, and added up over all passes of all virtual ranks.
 */
public enum Normaliser {

  /** Supervised tokens. */
  TOKENS {
    @Override
    boolean has(byte mark) {
      return true;
    }
  },

  /** Supervised tokens of answers in demonstrations. */
  TEACHER_TOKENS {
    @Override
    boolean has(byte mark) {
      return Marks.isTeachers(mark);
    }
  },

  /** Supervised tokens of all other answers. */
  STUDENT_TOKENS {
    @Override
    boolean has(byte mark) {
      return !Marks.isTeachers(mark);
    }
  },

  /** Supervised tokens of answers that the model has not written itself. */
  GIVEN_TOKENS {
    @Override
    boolean has(byte mark) {
      return !Marks.isOwn(mark);
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

  /** Patches of pictures: for what is learned of each place in them. */
  PATCHES {
    @Override
    public long count(Batch batch, Targets targets) {
      return batch.patches();
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
  public long count(Batch batch, Targets targets) {
    long count = 0;
    for (int i = 0; i < targets.count(); i++) {
      count += targets.labels()[i] != Sample.IGNORED && has(targets.marks()[i]) ? 1 : 0;
    }
    return count;
  }

  /** Whether a supervised token with this mark is one of them; of tokens alone. */
  boolean has(byte mark) {
    throw new IllegalStateException(this + " are no tokens");
  }

  /** Whether the counts of a pass's parts add up to that of the pass. */
  public boolean isOfPositions() {
    return true;
  }
}
