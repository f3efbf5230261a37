package io.lockstep.worker.train;

import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Collator;
import io.lockstep.model.batch.LengthGroups;
import io.lockstep.model.batch.Sample;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the micro-batch of any step and virtual rank; the same one on every worker, whatever was
 * made before.
 */
final class MicroBatches {

  private final EpochPlan plan;
  private final SampleSource samples;
  private final Collator collator;
  private final int maxLength;
  private final boolean groupByLength;
  private final int parts;

  /** Gives the sample of a draw. */
  @FunctionalInterface
  interface SampleSource {
    Sample sample(SampleRef draw) throws SampleException;
  }

  /** Micro-batches whose samples are computed in one part. */
  MicroBatches(
      EpochPlan plan,
      SampleSource samples,
      Collator collator,
      int maxLength,
      boolean groupByLength) {
    this(plan, samples, collator, maxLength, groupByLength, 1);
  }

  /**
   * Micro-batches of a plan.
   *
   * @param maxLength most tokens of a sample
   * @param groupByLength whether a part's samples are computed in groups of similar length
   * @param parts equal parts, in order, that are computed one after the other
   */
  MicroBatches(
      EpochPlan plan,
      SampleSource samples,
      Collator collator,
      int maxLength,
      boolean groupByLength,
      int parts) {
    this.plan = plan;
    this.samples = samples;
    this.collator = collator;
    this.maxLength = maxLength;
    this.groupByLength = groupByLength;
    this.parts = parts;
  }

  MicroBatch make(long step, int virtualRank) throws SampleException {
    List<Sample> rows = new ArrayList<>();
    List<String> replaced = new ArrayList<>();
    for (SampleRef draw : plan.samplesOf(step, virtualRank)) {
      rows.add(fitting(draw, replaced));
    }
    List<Batch> batches = new ArrayList<>();
    int size = rows.size() / parts;
    for (int part = 0; part < parts; part++) {
      List<Sample> own = rows.subList(part * size, (part + 1) * size);
      List<List<Sample>> groups = groupByLength ? LengthGroups.of(own) : List.of(own);
      groups.forEach(group -> batches.add(collator.collate(group)));
    }
    return new MicroBatch(step, virtualRank, batches, replaced);
  }

  /** The drawn sample, or the first of its replacements that is short enough. */
  private Sample fitting(SampleRef draw, List<String> replaced) throws SampleException {
    Sample sample = samples.sample(draw);
    for (int attempt = 0; sample.tokens().length > maxLength; attempt++) {
      replaced.add(sample.name());
      if (attempt >= plan.samples() - 1) {
        throw new SampleException(
            "every sample is longer than training.global_max_length (%d tokens), for example %s with %d: raise it"
                .formatted(maxLength, sample.name(), sample.tokens().length));
      }
      sample = samples.sample(plan.replacement(draw, attempt));
    }
    return sample;
  }

  /** Micro-batches from a step on, made ahead by a thread of their own. */
  Prefetcher prefetch(long firstStep, long totalSteps, RankSpan span) {
    return new Prefetcher(this, firstStep, totalSteps, span);
  }
}
