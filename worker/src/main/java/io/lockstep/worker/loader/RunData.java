package io.lockstep.worker.loader;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.OperatorCounts;
import io.lockstep.data.augment.Progress;
import io.lockstep.data.bank.PatchSupply;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.plan.EpochOrder;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.worker.config.DistillationConfig;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.protocol.Counts;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The data of a run, as its configuration describes it. Its records are numbered through all its
 * datasets. Any number of threads may ask for samples.
 */
public final class RunData implements AutoCloseable {

  private final RunConfig config;
  private final List<DatasetConfig> members;
  private final RunSamples samples;
  private final Optional<RunSamples> heldOut;
  private final EpochOrder order;
  private final LoaderTimes times = new LoaderTimes();

  /** Guarded by this object. */
  private Optional<PatchSupply> patches = Optional.empty();

  /**
   * Opens the run's records; an unchecked {@code data.jsonl.DataException} says what is wrong with
   * a file.
   *
   * @throws IllegalArgumentException if a dataset of a fusion would never be drawn
   */
  public RunData(RunConfig config) {
    this.config = config;
    members = config.datasets();
    samples = RunSamples.open(config, times);
    try {
      heldOut = RunSamples.openHeldOut(config);
      order = config.order(samples.sizes());
    } catch (RuntimeException e) {
      samples.close();
      throw e;
    }
  }

  /** Samples of an epoch. */
  public long size() {
    return order.samples();
  }

  /** The datasets that metrics tell apart; none if there is only one, of which nobody asks more. */
  public List<DatasetLabel> labels() {
    List<DatasetLabel> labels =
        members.stream()
            .map(member -> new DatasetLabel(member.name(), samples.isByKind(member)))
            .toList();
    return config.data().fusion().isPresent() || labels.stream().anyMatch(DatasetLabel::byKind)
        ? labels
        : List.of();
  }

  /** How long the stages of making micro-batches took so far. */
  public LoaderTimes times() {
    return times;
  }

  /** The schedule of the run's samples. */
  public EpochPlan plan() {
    return new EpochPlan(
        order, config.batches().globalBatchSize(), config.batches().virtualRanks());
  }

  /** Micro-batches of these records, encoded for a model. */
  public MicroBatches microBatches(LoadedModel model) {
    SampleEncoder encoder = model.encoder();
    Optional<Augmentation> augmentation = augmentation();
    Optional<ObjectTruth> truth =
        config
            .custom()
            .activeDetection()
            .map(section ->
                new ObjectTruth(model.config().detection().orElseThrow(), section.captions()));
    MicroBatches.SampleSource source =
        new MicroBatches.SampleSource() {
          @Override
          public Sample sample(SampleRef draw) throws SampleException {
            return drawn(draw).sample();
          }

          @Override
          public MicroBatches.Drawn drawn(SampleRef draw) throws SampleException {
            return RunData.this.drawn(encoder, truth, augmentation, draw);
          }

          @Override
          public OptionalInt dataset(SampleRef draw) {
            return labels().isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(samples.records().datasetOf(draw.sample()));
          }
        };
    MicroBatches batches =
        new MicroBatches(
            plan(),
            source,
            model.collator(),
            config.maxLength(),
            config.training().groupByLength(),
            config.batches().parts(),
            LoaderOptions.of(config.data().dataloaderNumWorkers()),
            times,
            config.data().maxUnreadable(samples.records().size()));
    return batches.keepingRows(config.rlhf().filter(DistillationConfig::writesAnswers).isPresent());
  }

  /** The run's configuration. */
  public RunConfig config() {
    return config;
  }

  /** The records and the samples that are made of them, as they stand in their files. */
  public RunSamples samples() {
    return samples;
  }

  /** Records that the run is evaluated on, if it is. */
  public Optional<RunSamples> heldOut() {
    return heldOut;
  }

  /** The run's augmentation for who only looks at some samples: nothing is kept on the disk. */
  public Optional<Augmentation> augmentationWithoutBank() {
    return config
        .custom()
        .activeAugmentation()
        .map(block ->
            new Augmentation(
                block,
                config.seed(),
                members,
                RunPatches.withoutBank(config, plan(), samples::giving)));
  }

  private Optional<Augmentation> augmentation() {
    return config
        .custom()
        .activeAugmentation()
        .map(block -> new Augmentation(block, config.seed(), members, patches()));
  }

  /** The run's patch bank, opened when it is needed first. */
  private synchronized Optional<PatchSupply> patches() {
    if (patches.isEmpty()) {
      patches = RunPatches.of(config, plan(), samples::giving);
    }
    return patches;
  }

  /** What samples were given from the patch bank so far, if this run has opened one. */
  public synchronized Optional<PatchSupply.Counts> patchCounts() {
    return patches.map(PatchSupply::counts);
  }

  /** A sample of training; those of certificates stay as their records have them, alone. */
  private MicroBatches.Drawn drawn(
      SampleEncoder encoder,
      Optional<ObjectTruth> truth,
      Optional<Augmentation> augmentation,
      SampleRef draw)
      throws SampleException {
    Optional<RecordAugmenter> augmenter =
        augmentation.flatMap(all -> all.of(samples.records().datasetOf(draw.sample())));
    return augmenter.isEmpty()
        ? new MicroBatches.Drawn(
            samples.taught(encoder, truth, draw).sample(), leftOut(augmentation, draw))
        : samples.augmented(encoder, truth, augmenter.get(), draw, progress(draw));
  }

  /** The operators of an augmentation that is switched off skip every picture. */
  private Counts leftOut(Optional<Augmentation> active, SampleRef draw) {
    Optional<AugmentationConfig> configured = config.custom().augmentation();
    boolean wanted = members.get(samples.records().datasetOf(draw.sample())).augmented();
    return active.isPresent() || configured.isEmpty() || !wanted
        ? Counts.NONE
        : Counts.of(
            OperatorCounts.allSkipped(configured.get(), samples.ownPictures(draw.sample())));
  }

  /** The names of what is counted of the run's samples, and of answers that it writes. */
  public SortedSet<String> counted() {
    SortedSet<String> names =
        new TreeSet<>(
            config.custom().augmentation().map(OperatorCounts::names).orElseGet(TreeSet::new));
    if (config.rlhf().filter(DistillationConfig::writesAnswers).isPresent()) {
      names.addAll(
          List.of(
              Counts.COMPLETIONS_BY_STUDENT,
              Counts.COMPLETIONS_BY_TEACHER,
              Counts.COMPLETION_TOKENS,
              Counts.COMPLETIONS_CUT));
    }
    return names;
  }

  /** The step of a draw: a function of its place in the schedule. */
  private Progress progress(SampleRef draw) {
    long position = draw.epoch() * size() + draw.place();
    return new Progress(
        position / config.training().globalBatchSize(), config.training().totalSteps(size()));
  }

  @Override
  public void close() {
    samples.close();
    heldOut.ifPresent(RunSamples::close);
  }
}
