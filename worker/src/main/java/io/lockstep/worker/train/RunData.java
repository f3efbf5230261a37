package io.lockstep.worker.train;

import io.lockstep.data.augment.Progress;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.dataset.AugmentedRecord;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.fusion.Concatenation;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.plan.EpochOrder;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.KeyedPermutation;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.plan.SplitMix64;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import io.lockstep.data.record.ChatRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.train.LoaderTimes.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The data of a run, as its configuration describes it. Its records are numbered through all its
 * datasets. Any number of threads may ask for samples.
 */
public final class RunData implements AutoCloseable {

  // Keeps the choice apart from others that are made from the same seed.
  private static final long HEALTH = 0x6865616c7468L;
  private static final long CHECKED_RECORDS = 8;

  private final RunConfig config;
  private final List<DatasetConfig> members;
  private final List<Dataset> datasets = new ArrayList<>();
  private final Concatenation records;
  private final EpochOrder order;
  private final LoaderTimes times = new LoaderTimes();

  /**
   * Opens the run's records; an unchecked {@code data.jsonl.DataException} says what is wrong with
   * a file.
   *
   * @throws IllegalArgumentException if a dataset of a fusion would never be drawn
   */
  public RunData(RunConfig config) {
    this.config = config;
    members = config.datasets();
    Prompts prompts = config.prompts().prompts();
    try {
      for (DatasetConfig member : members) {
        datasets.add(member.open(member.trainJsonl(), prompts));
      }
      List<Long> sizes = datasets.stream().map(Dataset::size).toList();
      records = new Concatenation(sizes);
      order = config.order(sizes);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Samples of an epoch. */
  public long size() {
    return order.samples();
  }

  /** Names of the datasets that metrics tell apart; none if there is only one. */
  List<String> labels() {
    return config.data().fusion().isPresent()
        ? members.stream().map(DatasetConfig::name).toList()
        : List.of();
  }

  /** How long the stages of making micro-batches took so far. */
  LoaderTimes times() {
    return times;
  }

  /** The schedule of the run's samples. */
  EpochPlan plan() {
    return new EpochPlan(
        order, config.training().globalBatchSize(), config.training().virtualRanks());
  }

  /** Micro-batches of these records, encoded for a model. */
  MicroBatches microBatches(LoadedModel model) {
    SampleEncoder encoder = model.encoder();
    Optional<Augmentation> augmentation = augmentation();
    MicroBatches.SampleSource source =
        new MicroBatches.SampleSource() {
          @Override
          public Sample sample(SampleRef draw) throws SampleException {
            return RunData.this.augmented(encoder, augmentation, draw);
          }

          @Override
          public OptionalInt dataset(SampleRef draw) {
            return labels().isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(records.datasetOf(draw.sample()));
          }
        };
    return new MicroBatches(
        plan(),
        source,
        model.collator(),
        config.training().globalMaxLength(),
        config.training().groupByLength(),
        config.training().gradientAccumulation(),
        LoaderOptions.of(config.data().loaderThreads()),
        times);
  }

  /**
   * The records of which this run's checkpoints carry a certificate.
   *
   * @throws SampleException if no record can be one
   */
  List<Probe> probes(LoadedModel model) throws SampleException {
    ProbeChoice.Records choice =
        new ProbeChoice.Records() {
          @Override
          public long size() {
            return records.size();
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
    return ProbeChoice.of(choice, config.training().globalMaxLength());
  }

  /**
   * What a check finds in a few records of each dataset, which the run's seed decides; records that
   * can't be used are among it.
   */
  List<String> healthProblems(SampleEncoder encoder, HealthCheck check) {
    List<String> problems = new ArrayList<>();
    for (int dataset = 0; dataset < members.size(); dataset++) {
      long size = records.size(dataset);
      KeyedPermutation chosen =
          new KeyedPermutation(size, SplitMix64.mix(HEALTH, config.seed(), dataset));
      for (long i = 0; i < Math.min(CHECKED_RECORDS, size); i++) {
        long sample = records.sample(dataset, chosen.at(i));
        try {
          problems.addAll(check.problems(subject(encoder, sample)));
        } catch (SampleException e) {
          problems.add(String.valueOf(e.getMessage()));
        }
      }
    }
    return problems;
  }

  private HealthCheck.Subject subject(SampleEncoder encoder, long sample) throws SampleException {
    Sample made = sample(encoder, new SampleRef(0, sample, sample));
    Located at = locate(sample);
    Conversation conversation = at.dataset().conversation(0, at.index());
    int images =
        switch (at.dataset().read(at.index())) {
          case ImageRecord image -> image.images().size();
          case ChatRecord chat -> chat.conversation().images().size();
        };
    return new HealthCheck.Subject(images, conversation, made);
  }

  private Probe probe(long sample) throws SampleException {
    Located at = locate(sample);
    try {
      return new Probe(
          at.name(),
          isSummaryOfTheRun(at) ? Probe.Task.SUMMARY : Probe.Task.OTHER,
          at.dataset().conversation(0, at.index()));
    } catch (DataException e) {
      throw new SampleException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Whether a record is a summary that is asked for with the words that serving uses. */
  private static boolean isSummaryOfTheRun(Located at) {
    return at.dataset().read(at.index()) instanceof ImageRecord
        && at.config().prompts().equals(PromptTexts.NONE)
        && at.dataset().task(0, at.index()) == Task.SUMMARY;
  }

  private Sample sample(SampleEncoder encoder, SampleRef draw) throws SampleException {
    Located at = locate(draw.sample());
    LoaderTimes.Clock clock = times.start();
    try {
      Conversation conversation = at.dataset().conversation(draw.epoch(), at.index());
      clock.lap(Stage.READ);
      List<RgbImage> pictures = new ArrayList<>();
      for (ImageSource source : conversation.images()) {
        pictures.add(encoder.decode(source));
      }
      clock.lap(Stage.DECODE);
      var patches = encoder.process(at.name(), pictures);
      clock.lap(Stage.PROCESS);
      Sample sample = encoder.forTraining(at.name(), conversation, patches);
      clock.lap(Stage.TOKENISE);
      return sample;
    } catch (IOException | IllegalArgumentException e) {
      throw new SampleException(at.name() + ": " + e.getMessage(), e);
    } catch (DataException e) {
      throw new SampleException(String.valueOf(e.getMessage()), e);
    }
  }

  private Optional<Augmentation> augmentation() {
    return config
        .data()
        .augmentation()
        .map(block ->
            new Augmentation(
                block, config.seed(), members, RunPatches.of(config, plan(), this::giving)));
  }

  /** The record of a sample that others may be given pieces of: clean sources give none. */
  private Optional<ImageRecord> giving(long sample) {
    Located at = locate(sample);
    return at.config().augmented()
            && at.dataset().read(at.index()) instanceof ImageRecord image
            && image.images().size() == 1
        ? Optional.of(image)
        : Optional.empty();
  }

  /** A sample of training; those of certificates stay as their records have them. */
  private Sample augmented(
      SampleEncoder encoder, Optional<Augmentation> augmentation, SampleRef draw)
      throws SampleException {
    Located at = locate(draw.sample());
    Optional<RecordAugmenter> augmenter =
        augmentation.flatMap(all -> all.of(records.datasetOf(draw.sample())));
    if (augmenter.isEmpty()) {
      return sample(encoder, draw);
    }
    LoaderTimes.Clock clock = times.start();
    try {
      if (!(at.dataset().read(at.index()) instanceof ImageRecord image)) {
        return sample(encoder, draw);
      }
      clock.lap(Stage.READ);
      List<RgbImage> pictures = new ArrayList<>();
      for (Path path : image.images()) {
        pictures.add(encoder.decode(new ImageSource.File(path)));
      }
      clock.lap(Stage.DECODE);
      AugmentedRecord made =
          augmenter.get().apply(image, pictures, draw.epoch(), draw.sample(), progress(draw));
      if (pictures.size() == 1) {
        augmenter
            .get()
            .visit(image, pictures.getFirst(), draw.epoch(), draw.sample(), progress(draw));
      }
      clock.lap(Stage.AUGMENT);
      var patches = encoder.process(at.name(), made.pictures());
      clock.lap(Stage.PROCESS);
      Conversation conversation =
          at.dataset().conversation(made.record(), draw.epoch(), at.index());
      Sample sample = encoder.forTraining(at.name(), conversation, patches);
      clock.lap(Stage.TOKENISE);
      return sample;
    } catch (IOException | IllegalArgumentException e) {
      throw new SampleException(at.name() + ": " + e.getMessage(), e);
    } catch (DataException e) {
      throw new SampleException(String.valueOf(e.getMessage()), e);
    }
  }

  /** The step of a draw: a function of its place in the schedule. */
  private Progress progress(SampleRef draw) {
    long position = draw.epoch() * size() + draw.place();
    return new Progress(
        position / config.training().globalBatchSize(), config.training().totalSteps(size()));
  }

  private Located locate(long sample) {
    int dataset = records.datasetOf(sample);
    return new Located(
        members.get(dataset), datasets.get(dataset), records.indexIn(dataset, sample));
  }

  /** A record in its dataset. */
  private record Located(DatasetConfig config, Dataset dataset, long index) {
    /** For people. */
    String name() {
      return dataset.origin(index).toString();
    }
  }

  @Override
  public void close() {
    datasets.forEach(Dataset::close);
  }
}
