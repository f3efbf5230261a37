package io.lockstep.cli.eval;

import io.lockstep.cli.console.Progress;
import io.lockstep.cli.console.UserError;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import io.lockstep.data.score.DetectionScores;
import io.lockstep.data.score.DetectionScores.Detection;
import io.lockstep.data.score.DetectionScores.Image;
import io.lockstep.data.score.DetectionScores.Truth;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.detect.Detector;
import io.lockstep.model.detect.FoundObject;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.worker.loader.ObjectTruth;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Has a model's detection head find the objects of records, and compares. Boxes are in pixels of
 * the records' pictures; a class is a caption. Of an object whose description the head does not
 * know, the class before the first {@code /} is its caption; captions that the head does not know
 * are classes that it misses.
 *
 * @param records pictures whose objects are known
 * @param batch pictures shown at once
 */
public record BoxEvaluation(List<ImageRecord> records, int batch) {

  /** Keeps the records. */
  public BoxEvaluation {
    records = List.copyOf(records);
  }

  /**
   * All of a data file.
   *
   * @throws UserError if the file holds no picture with objects
   */
  public static BoxEvaluation read(Path data, int batch) {
    List<ImageRecord> records = new ArrayList<>();
    try (JsonlFile file = JsonlFile.open(data)) {
      for (long i = 0; i < file.size(); i++) {
        if (RecordReader.read(file, i) instanceof ImageRecord image && image.images().size() == 1) {
          records.add(image);
        }
      }
    }
    if (records.stream().allMatch(record -> record.objects().isEmpty())) {
      throw new UserError(data + " holds no pictures with objects: there is nothing to evaluate");
    }
    return new BoxEvaluation(records, batch);
  }

  /**
   * The scores of a model.
   *
   * @throws UserError if it has no detection head
   * @throws IOException naming a picture that can't be read
   */
  public DetectionScores run(LoadedModel model) throws IOException {
    Detector detector = detector(model);
    Classes classes = new Classes(detector.head().captions());
    List<Image> images = new ArrayList<>();
    try (Progress progress = new Progress("  boxes", records.size(), "pictures", 1)) {
      for (int from = 0; from < records.size(); from += batch) {
        List<ImageRecord> part = records.subList(from, Math.min(from + batch, records.size()));
        List<List<FoundObject>> found = detector.find(prompts(model.encoder(), detector, part));
        for (int i = 0; i < part.size(); i++) {
          images.add(image(part.get(i), found.get(i), classes));
        }
        progress.update(from + part.size(), "");
      }
    }
    return DetectionScores.of(images);
  }

  /**
   * What finds objects with a model.
   *
   * @throws UserError if it has no detection head
   */
  public static Detector detector(LoadedModel model) {
    return model
        .detector()
        .orElseThrow(() ->
            new UserError(
                model.folder()
                    + " has no detection head: train one with custom.detection_enabled: true"));
  }

  private static List<Sample> prompts(
      SampleEncoder encoder, Detector detector, List<ImageRecord> part) throws IOException {
    List<Sample> prompts = new ArrayList<>();
    for (ImageRecord record : part) {
      ImageSource picture = new ImageSource.File(record.images().getFirst());
      prompts.add(encoder.prompt(record.origin().toString(), detector.show(picture)));
    }
    return prompts;
  }

  private static Image image(ImageRecord record, List<FoundObject> found, Classes classes) {
    List<Detection> detections =
        found.stream()
            .map(each -> {
              double[] box = each.pixels(record.width(), record.height());
              return new Detection(
                  new Box(box[0], box[1], box[2], box[3]),
                  each.score(),
                  classes.number(each.caption()));
            })
            .toList();
    List<Truth> truths = new ArrayList<>();
    for (DataObject object : record.objects()) {
      truths.add(
          new Truth(ObjectTruth.inside(object, record), classes.ofDescription(object.desc())));
    }
    return new Image(detections, truths);
  }

  /** Captions as numbers. */
  private static final class Classes {
    private final Map<String, Integer> numbers = new LinkedHashMap<>();

    Classes(List<String> captions) {
      captions.forEach(this::number);
    }

    int number(String caption) {
      int next = numbers.size();
      return numbers.computeIfAbsent(caption, _ -> next);
    }

    int ofDescription(String description) {
      int below = description.indexOf('/');
      boolean whole = below < 0 || numbers.containsKey(description);
      return number(whole ? description : description.substring(0, below));
    }
  }
}
