package io.lockstep.data.dataset;

import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.plan.KeyedPermutation;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A pool of picture records, some of which are shown with their answers before the turn of a
 * sample: a teacher's turns before the student's. Which samples get some, and which, follows from
 * (seed, epoch, sample) alone.
 */
public final class Demonstrations {

  // Keep these draws apart from others that are made from the same seed, epoch and sample.
  private static final long WHETHER = 0x7465616368L;
  private static final long WHICH = 0x64656d6f73L;

  /** Problems of a pool that are told at once. */
  private static final int SHOWN_PROBLEMS = 20;

  private final List<ImageRecord> pool;
  private final double ratio;
  private final int count;
  private final long seed;

  /**
   * Demonstrations from records.
   *
   * @param pool with at least one more picture than {@code count}
   * @param ratio share of samples that get some, 0 to 1
   * @param count how many those get
   * @param seed the run's
   */
  public Demonstrations(List<ImageRecord> pool, double ratio, int count, long seed) {
    this.pool = List.copyOf(pool);
    this.ratio = ratio;
    this.count = count;
    this.seed = seed;
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new IllegalArgumentException(
          "the share of samples with demonstrations must lie between 0 and 1, got " + ratio);
    }
    if (count < 1) {
      throw new IllegalArgumentException("a demonstration is at least one turn, not " + count);
    }
    Set<Path> pictures = new HashSet<>();
    pool.forEach(record -> pictures.addAll(pictures(record)));
    if (pictures.size() <= count) {
      throw new IllegalArgumentException(
          "%d demonstrations for a sample need a pool of at least %d pictures, as a sample's own is never one of them, but it has %d: add records, or lower custom.teacher_student.num_teacher_samples"
              .formatted(count, count + 1, pictures.size()));
    }
  }

  /**
   * Reads a pool.
   *
   * @throws DataException with what is wrong with its records; conversations are, too
   * @throws IllegalArgumentException if it has too few
   */
  public static Demonstrations open(Path jsonl, double ratio, int count, long seed) {
    return new Demonstrations(read(jsonl), ratio, count, seed);
  }

  private static List<ImageRecord> read(Path jsonl) {
    List<ImageRecord> pool = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    try (JsonlFile file = JsonlFile.open(jsonl)) {
      for (long line = 0; line < file.size() && problems.size() < SHOWN_PROBLEMS; line++) {
        try {
          DataRecord record = RecordReader.read(file, line);
          switch (record) {
            case ImageRecord image -> pool.add(image);
            case ChatRecord chat ->
                problems.add(
                    new Problem(
                        jsonl,
                        chat.origin().line(),
                        "messages",
                        "make no demonstration: a pool holds pictures with objects or summaries,"
                            + " which are asked for in the words of the dataset"));
          }
        } catch (DataException e) {
          problems.addAll(e.problems());
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new DataException(problems);
    }
    return pool;
  }

  /** All records of the pool, in the order of the file. */
  public List<ImageRecord> pool() {
    return pool;
  }

  /**
   * Those of a sample, in the order in which they are shown; none for samples that get none. No two
   * show the same picture, and none a picture of the sample's own: fewer are given if there are no
   * others.
   */
  public List<ImageRecord> of(ImageRecord student, long epoch, long sample) {
    if (SplitMix64.unit(SplitMix64.mix(WHETHER, seed, epoch, sample)) >= ratio) {
      return List.of();
    }
    KeyedPermutation drawn =
        new KeyedPermutation(pool.size(), SplitMix64.mix(WHICH, seed, epoch, sample));
    Set<Path> shown = new HashSet<>(pictures(student));
    List<ImageRecord> chosen = new ArrayList<>();
    for (long place = 0; place < pool.size() && chosen.size() < count; place++) {
      ImageRecord next = pool.get(Math.toIntExact(drawn.at(place)));
      if (pictures(next).stream().noneMatch(shown::contains)) {
        shown.addAll(pictures(next));
        chosen.add(next);
      }
    }
    return chosen;
  }

  private static List<Path> pictures(ImageRecord record) {
    return record.images().stream().map(path -> path.toAbsolutePath().normalize()).toList();
  }
}
