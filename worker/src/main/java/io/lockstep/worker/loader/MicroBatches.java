package io.lockstep.worker.loader;

import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.LengthGroups;
import io.lockstep.model.batch.Sample;
import io.lockstep.worker.loader.MicroBatch.Replaced;
import io.lockstep.worker.protocol.Counts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Makes the micro-batch of any step and virtual rank; the same one on every worker, whatever was
 * made before and by however many threads.
 */
public final class MicroBatches {

  private final EpochPlan plan;
  private final SampleSource samples;
  private final Collator collator;
  private final int maxLength;
  private final boolean groupByLength;
  private final int parts;
  private final LoaderOptions loader;
  private final LoaderTimes times;
  private final int maxUnreadable;

  /** Gives the sample of a draw; asked by several threads. */
  @FunctionalInterface
  public interface SampleSource {
    Sample sample(SampleRef draw) throws SampleException;

    /** The same with what augmentation did to it. */
    default Drawn drawn(SampleRef draw) throws SampleException {
      return new Drawn(sample(draw), Counts.NONE);
    }

    /** The dataset of a draw; empty in a run with one. */
    default OptionalInt dataset(SampleRef draw) {
      return OptionalInt.empty();
    }
  }

  /** A sample and what augmentation did to it. */
  public record Drawn(Sample sample, Counts counts) {}

  /**
   * A sample that can be used.
   *
   * @param draw what was drawn
   * @param dataset where it is from; empty in a run with one dataset
   * @param replaced those in whose place it stands
   * @param counts what augmentation did to it
   */
  record Row(
      SampleRef draw, Sample sample, OptionalInt dataset, List<Replaced> replaced, Counts counts) {

    Row {
      replaced = List.copyOf(replaced);
    }

    /** What it holds in memory, about. */
    long bytes() {
      return sample.bytes();
    }
  }

  /** Micro-batches whose samples are computed in one part. */
  public MicroBatches(
      EpochPlan plan,
      SampleSource samples,
      Collator collator,
      int maxLength,
      boolean groupByLength) {
    this(plan, samples, collator, maxLength, groupByLength, 1);
  }

  /** Micro-batches that a loader for this machine makes. */
  public MicroBatches(
      EpochPlan plan,
      SampleSource samples,
      Collator collator,
      int maxLength,
      boolean groupByLength,
      int parts) {
    this(
        plan,
        samples,
        collator,
        maxLength,
        groupByLength,
        parts,
        LoaderOptions.of(Optional.empty()),
        new LoaderTimes(),
        Integer.MAX_VALUE);
  }

  /**
   * Micro-batches of a plan.
   *
   * @param maxLength most tokens of a sample
   * @param groupByLength whether a part's samples are computed in groups of similar length
   * @param parts equal parts, in order, that are computed one after the other
   * @param loader how they are made ahead
   * @param times is told how long that takes
   * @param maxUnreadable most records that the run may replace because they can't be read
   */
  public MicroBatches(
      EpochPlan plan,
      SampleSource samples,
      Collator collator,
      int maxLength,
      boolean groupByLength,
      int parts,
      LoaderOptions loader,
      LoaderTimes times,
      int maxUnreadable) {
    this.plan = plan;
    this.samples = samples;
    this.collator = collator;
    this.maxLength = maxLength;
    this.groupByLength = groupByLength;
    this.parts = parts;
    this.loader = loader;
    this.times = times;
    this.maxUnreadable = maxUnreadable;
  }

  /**
   * The same for a run whose answers may be replaced once samples are made.
   *
   * @param keep whether micro-batches keep what they are made of
   */
  public MicroBatches keepingRows(boolean keep) {
    return new MicroBatches(
        plan,
        samples,
        collator,
        maxLength,
        groupByLength,
        parts,
        loader.keepingRows(keep),
        times,
        maxUnreadable);
  }

  public MicroBatch make(long step, int virtualRank) throws SampleException {
    List<Row> rows = new ArrayList<>();
    for (SampleRef draw : draws(step, virtualRank)) {
      rows.add(row(draw));
    }
    return collate(step, virtualRank, rows);
  }

  /** What a micro-batch is made of, in order. */
  List<SampleRef> draws(long step, int virtualRank) {
    return plan.samplesOf(step, virtualRank);
  }

  /** The drawn sample, or the first of its replacements that can be read and is short enough. */
  Row row(SampleRef draw) throws SampleException {
    List<Replaced> replaced = new ArrayList<>();
    long others = plan.order().replacements(draw.sample());
    SampleRef chosen = draw;
    for (int attempt = 0; ; attempt++) {
      Optional<Drawn> drawn = usable(chosen, replaced);
      if (drawn.isPresent()) {
        return new Row(
            draw, drawn.get().sample(), samples.dataset(draw), replaced, drawn.get().counts());
      }
      if (attempt >= others) {
        throw noneIsUsable(replaced);
      }
      chosen = plan.replacement(draw, attempt);
    }
  }

  /** A sample; if it can't be used, it is added to those that were replaced. */
  private Optional<Drawn> usable(SampleRef draw, List<Replaced> replaced) throws SampleException {
    try {
      Drawn drawn = samples.drawn(draw);
      Sample sample = drawn.sample();
      if (sample.tokens().length <= maxLength) {
        return Optional.of(drawn);
      }
      replaced.add(Replaced.tooLong(draw.sample(), sample.name(), sample.tokens().length));
    } catch (UnreadableRecordException e) {
      replaced.add(Replaced.unreadable(draw.sample(), String.valueOf(e.getMessage())));
      requireFewUnreadable(replaced);
    }
    return Optional.empty();
  }

  /** More than the run may lose for one sample alone: the coordinator needn't be asked. */
  private void requireFewUnreadable(List<Replaced> replaced) throws SampleException {
    List<String> unreadable = unreadable(replaced);
    if (unreadable.size() > maxUnreadable) {
      throw new SampleException(
          "%d records in a row can't be read, more than data.max_unreadable (%d) in all: %s: see `lockstep data check --decode`"
              .formatted(unreadable.size(), maxUnreadable, unreadable.getLast()));
    }
  }

  private static List<String> unreadable(List<Replaced> replaced) {
    return replaced.stream().flatMap(each -> each.unreadable().stream()).toList();
  }

  private SampleException noneIsUsable(List<Replaced> replaced) {
    List<String> unreadable = unreadable(replaced);
    List<Replaced> tooLong = replaced.stream().filter(each -> each.unreadable().isEmpty()).toList();
    String longest =
        tooLong.isEmpty()
            ? ""
            : ", for example %s with %d"
                .formatted(tooLong.getLast().name(), tooLong.getLast().tokens());
    return new SampleException(
        "no sample can be used: %d are longer than global_max_length (%d tokens)%s, %d can't be read%s: raise the length, or mend the records"
            .formatted(
                tooLong.size(),
                maxLength,
                longest,
                unreadable.size(),
                unreadable.isEmpty() ? "" : ", for example " + unreadable.getLast()));
  }

  /** Puts the rows of a micro-batch side by side. */
  MicroBatch collate(long step, int virtualRank, List<Row> rows) {
    LoaderTimes.Clock clock = times.start();
    List<Batch> batches = new ArrayList<>();
    List<int[]> datasets = new ArrayList<>();
    List<List<MicroBatch.Row>> kept = new ArrayList<>();
    int size = rows.size() / parts;
    for (int part = 0; part < parts; part++) {
      List<Row> own = rows.subList(part * size, (part + 1) * size);
      List<List<Row>> groups =
          groupByLength ? LengthGroups.of(own, row -> row.sample().tokens().length) : List.of(own);
      for (List<Row> group : groups) {
        batches.add(collator.collate(group.stream().map(Row::sample).toList()));
        if (loader.keepsRows()) {
          kept.add(
              group.stream().map(row -> new MicroBatch.Row(row.draw(), row.sample())).toList());
        }
        if (group.getFirst().dataset().isPresent()) {
          datasets.add(group.stream().mapToInt(row -> row.dataset().orElseThrow()).toArray());
        }
      }
    }
    clock.lap(LoaderTimes.Stage.COLLATE);
    List<Replaced> replaced = rows.stream().flatMap(row -> row.replaced().stream()).toList();
    Counts counts = rows.stream().map(Row::counts).reduce(Counts.NONE, Counts::plus);
    List<String> names = rows.stream().map(row -> row.sample().name()).toList();
    return new MicroBatch(step, virtualRank, batches, datasets, replaced, counts, kept, names);
  }

  /** Micro-batches from a step on, made ahead by threads of their own. */
  public Prefetcher prefetch(long firstStep, long totalSteps, RankSpan span) {
    return new Prefetcher(this, loader, times, firstStep, totalSteps, span);
  }
}
