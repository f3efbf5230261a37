package io.lockstep.data.preprocess;

import io.lockstep.data.conversation.SameText;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.SummaryText;
import java.util.List;
import java.util.Optional;

/**
 * The preprocessors of a dataset, one after the other. Records are what they make of them in
 * training, in evaluation, as source samples of patches and in health checks.
 *
 * <p>Summaries stay true: one that says what {@link SummaryText} says of the objects is written
 * anew, any other belongs to the objects as they were and doesn't survive a change of them.
 *
 * @param steps in their order
 */
public record Preprocessing(List<Preprocessor> steps) {

  /** Records stay as they are. */
  public static final Preprocessing NONE = new Preprocessing(List.of());

  public Preprocessing {
    steps = List.copyOf(steps);
  }

  /**
   * What becomes of a record.
   *
   * @param summaryIsTaught whether its summary may be an answer
   * @throws DataException if that summary can't be kept true
   */
  public ImageRecord apply(ImageRecord record, boolean summaryIsTaught) {
    List<DataObject> objects = record.objects();
    for (Preprocessor step : steps) {
      objects = step.apply(objects);
    }
    if (objects.equals(record.objects())) {
      return record;
    }
    Optional<String> summary = record.summary().flatMap(text -> summary(record, text));
    if (summaryIsTaught && record.summary().isPresent()) {
      requireSummary(record, summary, objects);
    }
    List<DataObject> changed = objects;
    return record
        .withObjects(changed)
        .withSummary(summary.filter(text -> !changed.isEmpty()).map(text -> text(changed)));
  }

  /** The summary, if it follows from the objects. */
  private static Optional<String> summary(ImageRecord record, String summary) {
    return Optional.of(summary).filter(text -> SameText.same(text, text(record.objects())));
  }

  private static String text(List<DataObject> objects) {
    return SummaryText.of(objects.stream().map(DataObject::desc).toList());
  }

  private static void requireSummary(
      ImageRecord record, Optional<String> derived, List<DataObject> objects) {
    if (derived.isEmpty()) {
      throw problem(
          record,
          "summary",
          "was written by a person: preprocessors that change the objects can't keep it true; leave"
              + " them out of this dataset, or change the summaries in the file");
    }
    if (objects.isEmpty()) {
      throw problem(
          record,
          "objects",
          "are all left out by the preprocessors, so that nothing remains to be summed up; remove"
              + " the record from the file or keep more classes");
    }
  }

  private static DataException problem(ImageRecord record, String field, String what) {
    return new DataException(
        new Problem(record.origin().file(), record.origin().line(), field, what));
  }
}
