package io.lockstep.worker.train;

import io.lockstep.data.dataset.ConversationBuilder;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.Mode;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.prompt.Domain;
import io.lockstep.data.prompt.Profile;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.util.List;

/** The data of a run, as its configuration describes it. */
public final class RunData implements AutoCloseable {

  private final RunConfig config;
  private final Dataset dataset;

  /**
   * Opens the run's records; an unchecked {@code data.jsonl.DataException} says what is wrong with
   * the file.
   */
  public RunData(RunConfig config) {
    this.config = config;
    dataset =
        Dataset.open(
            config.data().trainJsonl(),
            new ConversationBuilder(prompts(config.prompts()), mode(config), config.seed()));
  }

  /** The prompts a configuration describes. */
  public static Prompts prompts(RunConfig.PromptConfig config) {
    return new Prompts(
        Profile.of(config.profile()),
        config.domain().map(Domain::of),
        PromptTexts.NONE,
        new PromptTexts(config.system(), config.user()));
  }

  private static Mode mode(RunConfig config) {
    return switch (config.data().template()) {
      case TARGET_SUMMARY -> Mode.SUMMARY;
      case TARGET_DENSE -> Mode.DENSE;
      case MIXED -> new Mode.Mixed(1 - config.data().denseRatio());
    };
  }

  /** Number of records. */
  public long size() {
    return dataset.size();
  }

  /** The schedule of the run's samples. */
  EpochPlan plan() {
    return new EpochPlan(
        size(),
        config.seed(),
        config.training().globalBatchSize(),
        config.training().virtualRanks());
  }

  /** Micro-batches of these records, encoded for a model. */
  MicroBatches microBatches(LoadedModel model) {
    SampleEncoder encoder = model.encoder();
    return new MicroBatches(
        plan(),
        draw -> sample(encoder, draw),
        model.collator(),
        config.training().globalMaxLength(),
        config.training().groupByLength(),
        config.training().gradientAccumulation());
  }

  /**
   * The records of which this run's checkpoints carry a certificate.
   *
   * @throws SampleException if no record can be one
   */
  List<Probe> probes(LoadedModel model) throws SampleException {
    ProbeChoice.Records records =
        new ProbeChoice.Records() {
          @Override
          public long size() {
            return dataset.size();
          }

          @Override
          public Probe probe(long index) throws SampleException {
            return RunData.this.probe(index);
          }

          @Override
          public Sample sample(long index) throws SampleException {
            return RunData.this.sample(model.encoder(), new SampleRef(0, index, index));
          }
        };
    return ProbeChoice.of(records, config.training().globalMaxLength());
  }

  private Probe probe(long index) throws SampleException {
    try {
      boolean summary =
          dataset.read(index) instanceof ImageRecord
              && mode(config).taskOf(config.seed(), 0, index) == Task.SUMMARY;
      return new Probe(
          dataset.origin(index).toString(),
          summary ? Probe.Task.SUMMARY : Probe.Task.OTHER,
          dataset.conversation(0, index));
    } catch (DataException e) {
      throw new SampleException(String.valueOf(e.getMessage()), e);
    }
  }

  private Sample sample(SampleEncoder encoder, SampleRef draw) throws SampleException {
    String name = dataset.origin(draw.sample()).toString();
    try {
      return encoder.forTraining(name, dataset.conversation(draw.epoch(), draw.sample()));
    } catch (IOException | IllegalArgumentException e) {
      throw new SampleException(name + ": " + e.getMessage(), e);
    } catch (DataException e) {
      throw new SampleException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    dataset.close();
  }
}
