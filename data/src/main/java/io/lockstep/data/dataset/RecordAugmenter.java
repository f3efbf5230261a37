package io.lockstep.data.dataset;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.OperatorCounts;
import io.lockstep.data.augment.Pipeline;
import io.lockstep.data.augment.Pipeline.ObjectsMay;
import io.lockstep.data.augment.PipelineWatch;
import io.lockstep.data.augment.Progress;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.SampleKey;
import io.lockstep.data.bank.SourceSample;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.image.DecodeLimits;
import io.lockstep.data.image.ImageDecoder;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.image.UnreadableImageException;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.SummaryText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Augments the pictures of a record together with what is annotated on them; for any number of
 * threads.
 *
 * <p>The text that is learned stays true. A dense answer is written from the objects that remain. A
 * summary that says what {@link SummaryText} says of the record's objects is written anew from
 * those that remain; any other summary was written by a person, and operators that drop objects,
 * add some or describe them otherwise are left out for its record, as they are where no object
 * would remain to be summed up.
 */
public final class RecordAugmenter {

  private final Pipeline pipeline;
  private final long seed;
  private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.DEFAULT);

  /**
   * An augmenter for a dataset.
   *
   * @param seed from which, with the epoch and the sample, all randomness derives
   */
  public RecordAugmenter(AugmentationConfig config, long seed) {
    this(new Pipeline(config), seed);
  }

  /** An augmenter with a pipeline of its own. */
  public RecordAugmenter(Pipeline pipeline, long seed) {
    this.pipeline = pipeline;
    this.seed = seed;
  }

  /**
   * The augmented record; a function of its arguments alone.
   *
   * @param pictures those of the record, decoded
   * @throws UnreadableImageException naming a picture that isn't as large as the record says
   */
  public AugmentedRecord apply(
      ImageRecord record, List<RgbImage> pictures, long epoch, long sample, Progress progress)
      throws UnreadableImageException {
    return apply(record, pictures, epoch, sample, progress, PipelineWatch.NONE);
  }

  /** The same, watched; a watch may hear of two attempts, the second of which counts. */
  public AugmentedRecord apply(
      ImageRecord record,
      List<RgbImage> pictures,
      long epoch,
      long sample,
      Progress progress,
      PipelineWatch watch)
      throws UnreadableImageException {
    requireSizes(record, pictures);
    SampleKey key = new SampleKey(seed, epoch, sample);
    if (pictures.size() == 1) {
      return single(record, pictures.getFirst(), key, progress, watch);
    }
    OperatorCounts counts = new OperatorCounts();
    List<RgbImage> augmented = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      AnnotatedPicture in = new AnnotatedPicture(pictures.get(i), List.of());
      augmented.add(
          pipeline
              .apply(in, key.ofPicture(i), progress, ObjectsMay.MOVE, watch.and(counts))
              .picture());
    }
    return new AugmentedRecord(
        withPicture(record, augmented.getFirst(), record.objects(), record.summary()),
        augmented,
        counts.counts());
  }

  /** The same for pictures that aren't decoded yet. */
  public AugmentedRecord apply(ImageRecord record, long epoch, long sample, Progress progress)
      throws IOException {
    List<RgbImage> pictures = new ArrayList<>();
    for (Path path : record.images()) {
      pictures.add(decoder.decode(new ImageSource.File(path)));
    }
    return apply(record, pictures, epoch, sample, progress);
  }

  /**
   * Puts what later samples may be given of this one into the patch bank, if there is one.
   *
   * @param picture the record's only one, decoded
   */
  public void visit(
      ImageRecord record, RgbImage picture, long epoch, long sample, Progress progress) {
    pipeline.visit(new SourceSample(epoch, sample, record), picture, progress);
  }

  private AugmentedRecord single(
      ImageRecord record, RgbImage picture, SampleKey key, Progress progress, PipelineWatch watch) {
    AnnotatedPicture in = AnnotatedPicture.of(picture, record.objects());
    Optional<String> derived = record.summary().filter(text -> SameText.same(text, summary(in)));
    boolean mayChange = record.summary().isEmpty() || derived.isPresent();
    OperatorCounts counts = new OperatorCounts();
    ObjectsMay may = mayChange ? ObjectsMay.CHANGE : ObjectsMay.MOVE;
    AnnotatedPicture out = pipeline.apply(in, key, progress, may, watch.and(counts));
    if (derived.isPresent() && out.objects().isEmpty()) {
      counts = new OperatorCounts();
      out = pipeline.apply(in, key, progress, ObjectsMay.MOVE, watch.and(counts));
    }
    Optional<String> summary = derived.isPresent() ? Optional.of(summary(out)) : record.summary();
    return new AugmentedRecord(
        withPicture(record, out.picture(), out.dataObjects(), summary),
        List.of(out.picture()),
        counts.counts());
  }

  private static String summary(AnnotatedPicture picture) {
    return SummaryText.of(picture.objects().stream().map(object -> object.desc()).toList());
  }

  private static void requireSizes(ImageRecord record, List<RgbImage> pictures)
      throws UnreadableImageException {
    for (int i = 0; i < pictures.size(); i++) {
      RgbImage picture = pictures.get(i);
      if (picture.width() != record.width() || picture.height() != record.height()) {
        throw new UnreadableImageException(
            record.images().get(i).toString(),
            "is %d x %d, but its record says %d x %d; run `lockstep data check`"
                .formatted(picture.width(), picture.height(), record.width(), record.height()));
      }
    }
  }

  private static ImageRecord withPicture(
      ImageRecord record, RgbImage picture, List<DataObject> objects, Optional<String> summary) {
    return new ImageRecord(
        record.origin(),
        record.images(),
        objects,
        picture.width(),
        picture.height(),
        summary,
        record.metadata());
  }
}
