package io.lockstep.data.preprocess;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.parameter.Configured;
import io.lockstep.data.parameter.ParameterReader;
import io.lockstep.data.parameter.ParameterWriter;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.SummaryText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The preprocessors of a dataset, one after the other. Records are what they make of them in
 * training, in evaluation, as source samples of patches and in health checks.
 *
 * <p>Summaries stay true: one that says what {@link SummaryText} says of the objects is written
 * anew, any other belongs to the objects as they were and doesn't survive a change of them.
 */
public final class Preprocessing {

  /** Records stay as they are. */
  public static final Preprocessing NONE = new Preprocessing(List.of());

  private final List<Configured<PreprocessorType>> configured;
  private final List<Preprocessor> steps;

  private Preprocessing(List<Configured<PreprocessorType>> configured) {
    this.configured = List.copyOf(configured);
    this.steps =
        configured.stream().map(entry -> entry.kind().factory().apply(entry.arguments())).toList();
  }

  /**
   * Reads a list such as {@code - keep_classes: {classes: [BBU]}}.
   *
   * @param path of the list in the configuration
   * @param problems is told everything that is wrong
   */
  public static Preprocessing read(JsonNode list, String path, List<String> problems) {
    List<Configured<PreprocessorType>> entries =
        new ParameterReader(problems)
            .list(
                list, path, Preprocessors.all(), "preprocessor", "keep_classes: {classes: [BBU]}");
    List<Configured<PreprocessorType>> sound = new ArrayList<>();
    for (Configured<PreprocessorType> entry : entries) {
      try {
        Preprocessor _ = entry.kind().factory().apply(entry.arguments());
        sound.add(entry);
      } catch (IllegalArgumentException e) {
        problems.add("%s: %s %s".formatted(path, entry.kind().name(), e.getMessage()));
      }
    }
    return new Preprocessing(sound);
  }

  /** The list that would be read as this. */
  public ArrayNode toJson() {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (Configured<PreprocessorType> entry : configured) {
      ObjectNode arguments = list.addObject().putObject(entry.kind().name());
      ParameterWriter.write(
          arguments, entry.kind().parameters(), entry.arguments(), parameter -> true);
    }
    return list;
  }

  /** Whether records stay as they are. */
  public boolean isEmpty() {
    return steps.isEmpty();
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

  @Override
  public boolean equals(Object other) {
    return other instanceof Preprocessing same && configured.equals(same.configured);
  }

  @Override
  public int hashCode() {
    return configured.hashCode();
  }
}
