package io.lockstep.worker.loader;

import io.lockstep.data.augment.PipelineWatch;
import io.lockstep.data.augment.Progress;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.dataset.AugmentedRecord;
import io.lockstep.data.dataset.Dataset;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.fusion.Concatenation;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.image.UnreadableImageException;
import io.lockstep.data.jsonl.ChangedFileException;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.record.DataRecord;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Truth;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.LoaderTimes.Stage;
import io.lockstep.worker.protocol.Counts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The records of all datasets of a run, numbered through, and the samples that are made of them.
 * Any number of threads may ask.
 */
public final class RunSamples implements AutoCloseable {

  private final List<DatasetConfig> members;
  private final List<Dataset> datasets;
  private final List<Long> sizes;
  private final Concatenation records;
  private final LoaderTimes times;
  private final Set<String> byKind;
  private final Teaching teaching;

  private RunSamples(
      List<DatasetConfig> members,
      List<Dataset> datasets,
      List<Long> sizes,
      LoaderTimes times,
      Set<String> byKind,
      Teaching teaching) {
    this.members = members;
    this.datasets = datasets;
    this.sizes = List.copyOf(sizes);
    this.records = new Concatenation(sizes);
    this.times = times;
    this.byKind = Set.copyOf(byKind);
    this.teaching = teaching;
  }

  /**
   * Opens the records.
   *
   * @param times is told how long the stages of making a sample take
   * @throws DataException if a file can't be used
   */
  static RunSamples open(RunConfig config, LoaderTimes times) {
    return open(
        config.datasets(),
        DatasetConfig::trainJsonl,
        config,
        times,
        config.byKind(),
        Teaching.of(config));
  }

  /**
   * Opens the records that a run is evaluated on; of its sources there are none.
   *
   * @throws DataException if a file can't be used
   */
  static Optional<RunSamples> openHeldOut(RunConfig config) {
    List<DatasetConfig> members = config.heldOut();
    return !config.isEvaluated()
        ? Optional.empty()
        : Optional.of(
            open(
                members,
                member -> member.valJsonl().orElseThrow(),
                config,
                new LoaderTimes(),
                Set.of(),
                Teaching.NONE));
  }

  private static RunSamples open(
      List<DatasetConfig> members,
      Function<DatasetConfig, Path> file,
      RunConfig config,
      LoaderTimes times,
      Set<String> byKind,
      Teaching teaching) {
    List<Dataset> datasets = new ArrayList<>();
    try {
      for (DatasetConfig member : members) {
        datasets.add(
            member.open(
                file.apply(member), config.prompts().prompts(), config.custom().emitNorm()));
      }
      teaching.requireDemonstrates(members, datasets);
      List<Long> sizes =
          datasets.stream().map(each -> config.custom().records(each.size())).toList();
      return new RunSamples(members, datasets, sizes, times, byKind, teaching);
    } catch (RuntimeException e) {
      datasets.forEach(Dataset::close);
      throw e;
    }
  }

  /** A record in its dataset. */
  public record Located(DatasetConfig config, Dataset dataset, long index) {
    /** For people. */
    public String name() {
      return dataset.origin(index).toString();
    }
  }

  /** How records are numbered. */
  public Concatenation records() {
    return records;
  }

  /** Whether the tokens of a dataset's dense answers are told apart by kind. */
  boolean isByKind(DatasetConfig member) {
    return byKind.contains(member.name());
  }

  /** A conversation as its dataset's metrics want it. */
  private Conversation asked(Located at, Conversation conversation) {
    return isByKind(at.config()) ? conversation : conversation.withoutKinds();
  }

  /** How many pictures of a sample an augmentation would change. */
  int ownPictures(long sample) {
    Located at = locate(sample);
    return at.dataset().read(at.index()) instanceof ImageRecord image ? image.images().size() : 0;
  }

  /** Records of each dataset. */
  List<Long> sizes() {
    return sizes;
  }

  public Located locate(long sample) {
    int dataset = records.datasetOf(sample);
    return new Located(
        members.get(dataset), datasets.get(dataset), records.indexIn(dataset, sample));
  }

  /**
   * The record of a sample that others may be given pieces of: clean sources give none, nor do
   * records that can't be read, which others have replaced by then.
   */
  Optional<ImageRecord> giving(long sample) {
    Located at = locate(sample);
    try {
      return at.config().augmented()
              && at.dataset().read(at.index()) instanceof ImageRecord image
              && image.images().size() == 1
          ? Optional.of(image)
          : Optional.empty();
    } catch (DataException e) {
      if (isOfTheRecord(e)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** What is wrong with data: with a record alone, or with more than that. */
  public static SampleException unusable(DataException e) {
    String message = String.valueOf(e.getMessage()).replace("\n", "; ");
    return isOfTheRecord(e)
        ? new UnreadableRecordException(message, e)
        : new SampleException(message, e);
  }

  /** Files that change under a run, and patch banks, have no line that is at fault. */
  private static boolean isOfTheRecord(DataException e) {
    return !(e instanceof ChangedFileException)
        && e.problems().stream().allMatch(problem -> problem.line() > 0);
  }

  /**
   * A sample of a record as it stands in its file, without demonstrations: what serving asks.
   *
   * @throws UnreadableRecordException if the record is at fault
   */
  public Sample plain(SampleEncoder encoder, SampleRef draw) throws SampleException {
    return taught(encoder, Optional.empty(), draw, Teaching.NONE).sample();
  }

  /**
   * The same as training sees it: after demonstrations, if the sample has some.
   *
   * @throws UnreadableRecordException if a record is at fault
   */
  public Taught taught(SampleEncoder encoder, SampleRef draw) throws SampleException {
    return taught(encoder, Optional.empty(), draw, teaching);
  }

  /** The same with the objects of its picture, if a head learns them. */
  Taught taught(SampleEncoder encoder, Optional<ObjectTruth> truth, SampleRef draw)
      throws SampleException {
    return taught(encoder, truth, draw, teaching);
  }

  /** The records that are shown before a sample's own turn. */
  public List<ImageRecord> demonstrations(SampleRef draw) {
    Located at = locate(draw.sample());
    return teaching.demonstrations().isEmpty()
        ? List.of()
        : teaching.of(at.config(), at.dataset().read(at.index()), draw);
  }

  /**
   * A sample with its conversation.
   *
   * @param demonstrations records that are shown before its own turn
   */
  public record Taught(
      List<ImageRecord> demonstrations, Conversation conversation, Sample sample) {}

  private Taught taught(
      SampleEncoder encoder, Optional<ObjectTruth> truth, SampleRef draw, Teaching teacher)
      throws SampleException {
    Located at = locate(draw.sample());
    LoaderTimes.Clock clock = times.start();
    try {
      DataRecord record = at.dataset().read(at.index());
      List<ImageRecord> shown = teacher.of(at.config(), record, draw);
      Conversation conversation =
          asked(at, at.dataset().conversation(record, shown, draw.epoch(), at.index()));
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
      return new Taught(shown, conversation, withTruth(truth, record, shown, sample));
    } catch (UnreadableImageException | IllegalArgumentException e) {
      throw new UnreadableRecordException(at.name() + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new SampleException(at.name() + ": " + e.getMessage(), e);
    } catch (DataException e) {
      throw unusable(e);
    }
  }

  /** A sample of a record whose pictures are augmented, if it has some. */
  MicroBatches.Drawn augmented(
      SampleEncoder encoder,
      Optional<ObjectTruth> truth,
      RecordAugmenter augmenter,
      SampleRef draw,
      Progress progress)
      throws SampleException {
    Located at = locate(draw.sample());
    LoaderTimes.Clock clock = times.start();
    try {
      if (!(at.dataset().read(at.index()) instanceof ImageRecord image)) {
        return new MicroBatches.Drawn(taught(encoder, truth, draw).sample(), Counts.NONE);
      }
      clock.lap(Stage.READ);
      List<RgbImage> pictures = pictures(encoder, image);
      clock.lap(Stage.DECODE);
      AugmentedRecord made =
          augmenter.apply(image, pictures, draw.epoch(), draw.sample(), progress);
      if (pictures.size() == 1) {
        augmenter.visit(image, pictures.getFirst(), draw.epoch(), draw.sample(), progress);
      }
      clock.lap(Stage.AUGMENT);
      List<ImageRecord> shown = teaching.of(at.config(), image, draw);
      Sample sample = encoded(encoder, at, at.name(), made, shown, draw, clock).sample();
      return new MicroBatches.Drawn(
          withTruth(truth, made.record(), shown, sample), Counts.of(made.counts()));
    } catch (UnreadableImageException | IllegalArgumentException e) {
      throw new UnreadableRecordException(at.name() + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new SampleException(at.name() + ": " + e.getMessage(), e);
    } catch (DataException e) {
      throw unusable(e);
    }
  }

  /** The objects are those of a sample's only picture: none where demonstrations show others. */
  private static Sample withTruth(
      Optional<ObjectTruth> truth, DataRecord record, List<ImageRecord> shown, Sample sample)
      throws SampleException {
    Optional<Truth> known =
        truth.isEmpty() || !shown.isEmpty() ? Optional.empty() : truth.get().of(record);
    return known.map(sample::withTruth).orElse(sample);
  }

  /** An augmented sample, and what it was made of. */
  public record Augmented(
      ImageRecord before, AugmentedRecord after, Conversation conversation, Sample sample) {}

  /**
   * The same as {@link #augmented}, watched; nothing is put into a patch bank.
   *
   * @param name of the sample, for people
   * @throws IOException if a picture can't be read
   */
  public Augmented watched(
      SampleEncoder encoder,
      RecordAugmenter augmenter,
      SampleRef draw,
      Progress progress,
      String name,
      PipelineWatch watch)
      throws IOException {
    Located at = locate(draw.sample());
    if (!(at.dataset().read(at.index()) instanceof ImageRecord image)) {
      throw new IllegalArgumentException(at.name() + " has no pictures of its own");
    }
    AugmentedRecord made =
        augmenter.apply(
            image, pictures(encoder, image), draw.epoch(), draw.sample(), progress, watch);
    Encoded encoded = encoded(encoder, at, name, made, List.of(), draw, times.start());
    return new Augmented(image, made, encoded.conversation(), encoded.sample());
  }

  private static List<RgbImage> pictures(SampleEncoder encoder, ImageRecord image)
      throws IOException {
    List<RgbImage> pictures = new ArrayList<>();
    for (Path path : image.images()) {
      pictures.add(encoder.decode(new ImageSource.File(path)));
    }
    return pictures;
  }

  private record Encoded(Conversation conversation, Sample sample) {}

  private Encoded encoded(
      SampleEncoder encoder,
      Located at,
      String name,
      AugmentedRecord made,
      List<ImageRecord> shown,
      SampleRef draw,
      LoaderTimes.Clock clock)
      throws IOException {
    List<RgbImage> all = new ArrayList<>();
    for (ImageRecord each : shown) {
      all.addAll(pictures(encoder, each));
    }
    all.addAll(made.pictures());
    var patches = encoder.process(name, all);
    clock.lap(Stage.PROCESS);
    Conversation conversation =
        asked(at, at.dataset().conversation(made.record(), shown, draw.epoch(), at.index()));
    Sample sample = encoder.forTraining(name, conversation, patches);
    clock.lap(Stage.TOKENISE);
    return new Encoded(conversation, sample);
  }

  @Override
  public void close() {
    datasets.forEach(Dataset::close);
  }
}
