package io.lockstep.worker.loader;

import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.Sample;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Session.Unreadable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What one virtual rank computes in one step.
 *
 * @param step the step, from 0
 * @param virtualRank the virtual rank
 * @param batches its samples, in groups of similar length that are computed one after the other
 * @param datasets the dataset of each row of each batch; empty in a run with one dataset
 * @param replaced samples that were too long or couldn't be read and gave way to others
 * @param counts what augmentation did to its samples, and what was counted of written answers
 * @param rows what each batch is made of, for who makes other batches of it; empty where nobody
 *     does
 * @param samples names of its samples, in order
 */
public record MicroBatch(
    long step,
    int virtualRank,
    List<Batch> batches,
    List<int[]> datasets,
    List<Replaced> replaced,
    Counts counts,
    List<List<Row>> rows,
    List<String> samples) {

  /**
   * A row of a batch.
   *
   * @param draw what was drawn for it
   * @param sample the drawn one, or the one that stands in its place
   */
  public record Row(SampleRef draw, Sample sample) {}

  /**
   * A sample that gave way to another.
   *
   * @param sample its number among the run's records
   * @param name for people
   * @param tokens that it has if it was too long
   * @param unreadable what is wrong with its record, with file and line; empty if it was too long
   */
  record Replaced(long sample, String name, int tokens, Optional<String> unreadable) {

    public static Replaced tooLong(long sample, String name, int tokens) {
      return new Replaced(sample, name, tokens, Optional.empty());
    }

    public static Replaced unreadable(long sample, String what) {
      return new Replaced(sample, what, 0, Optional.of(what));
    }
  }

  public MicroBatch {
    batches = List.copyOf(batches);
    datasets = List.copyOf(datasets);
    replaced = List.copyOf(replaced);
    rows = List.copyOf(rows);
    samples = List.copyOf(samples);
  }

  /** A micro-batch of a run with one dataset. */
  public MicroBatch(long step, int virtualRank, List<Batch> batches, List<Replaced> replaced) {
    this(step, virtualRank, batches, List.of(), replaced, Counts.NONE, List.of());
  }

  /**
   * The same with other samples in its batches; rows are needed no longer.
   *
   * @param collator puts them side by side
   * @param counted what was counted besides, asked when all have been changed
   * @param change gives the samples of a batch in the order of its rows
   * @throws IllegalStateException if it was made without its rows
   */
  public MicroBatch withRows(
      Collator collator, Function<List<Row>, List<Sample>> change, Supplier<Counts> counted) {
    if (rows.size() != batches.size()) {
      throw new IllegalStateException("the rows of step " + step + " were not kept");
    }
    List<Batch> changed = rows.stream().map(own -> collator.collate(change.apply(own))).toList();
    return new MicroBatch(
        step,
        virtualRank,
        changed,
        datasets,
        replaced,
        counts.plus(counted.get()),
        List.of(),
        samples);
  }

  /** A micro-batch whose samples have no names. */
  public MicroBatch(
      long step,
      int virtualRank,
      List<Batch> batches,
      List<int[]> datasets,
      List<Replaced> replaced,
      Counts counts,
      List<List<Row>> rows) {
    this(step, virtualRank, batches, datasets, replaced, counts, rows, List.of());
  }

  /** Numbers of the samples that were too long. */
  public List<Long> tooLong() {
    return replaced.stream()
        .filter(each -> each.unreadable().isEmpty())
        .map(Replaced::sample)
        .toList();
  }

  /** The records that couldn't be read. */
  public List<Unreadable> unreadable() {
    return replaced.stream()
        .flatMap(
            each -> each.unreadable().stream().map(what -> new Unreadable(each.sample(), what)))
        .toList();
  }

  /** What augmentation did to its samples, and which gave way to others. */
  public Counts allCounts() {
    return counts.plus(
        Counts.of(
            Map.of(
                Counts.DROPPED_TOO_LONG, (long) tooLong().size(),
                Counts.DROPPED_UNREADABLE, (long) unreadable().size())));
  }

  /** The dataset of each row of a batch; empty in a run with one dataset. */
  public int[] datasetsOf(int batch) {
    return datasets.isEmpty() ? new int[0] : datasets.get(batch);
  }

  /** What it holds in memory, about. */
  long bytes() {
    long ofRows = rows.stream().flatMap(List::stream).mapToLong(row -> row.sample().bytes()).sum();
    return batches.stream().mapToLong(MicroBatch::bytes).sum() + ofRows;
  }

  private static long bytes(Batch batch) {
    long longs =
        (long) batch.ids().length
            + batch.attentionMask().length
            + batch.labels().length
            + batch.positionIds().length
            + batch.keptTokens().length;
    return longs * Long.BYTES + batch.marks().length + Dtype.FLOAT32.bytes(batch.pixels().length);
  }
}
