package io.lockstep.worker.preflight;

import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.PipelineWatch;
import io.lockstep.data.augment.Progress;
import io.lockstep.data.augment.operator.AnnotatedPicture;
import io.lockstep.data.augment.operator.BarrierResult;
import io.lockstep.data.augment.operator.TrackedObject;
import io.lockstep.data.dataset.RecordAugmenter;
import io.lockstep.data.jsonl.DataException;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.Description;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.SummaryText;
import io.lockstep.model.encode.SampleEncoder;
import io.lockstep.worker.loader.RunSamples;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Looks at what the augmentation makes of a record at a point of the run: whether something is left
 * to learn, and whether what is learned is still true. Samples that become too long are no matter
 * of health: they are replaced and reported, as any others.
 */
final class AugmentedSampleCheck {

  private final AugmentationConfig config;
  private final Point point;
  private final HealthCheck check;

  /**
   * A point of the run, which decides draws and the state of the curriculum.
   *
   * @param step from 0
   * @param steps of the run
   * @param epoch from 0
   */
  record Point(long step, long steps, long epoch) {

    Progress progress() {
      return new Progress(step, steps);
    }

    /** Both are counted from 1, as in the run's log. */
    @Override
    public String toString() {
      return "augmented as in step %d of %d, epoch %d".formatted(step + 1, steps, epoch + 1);
    }
  }

  /**
   * A check.
   *
   * @param config what the augmenter does
   * @param check of any sample
   */
  AugmentedSampleCheck(AugmentationConfig config, Point point, HealthCheck check) {
    this.config = config;
    this.point = point;
    this.check = check;
  }

  /**
   * What is wrong with a sample after augmentation, each with the record, the point of the run, the
   * operator with its parameters there, and what to change.
   *
   * @param record name of the sample as its record stands in the file, which is good
   */
  List<String> problems(
      RunSamples samples,
      SampleEncoder encoder,
      RecordAugmenter augmenter,
      long sample,
      String record) {
    String name = record + " (" + point + ")";
    Heard heard = new Heard();
    try {
      RunSamples.Augmented made =
          samples.watched(
              encoder,
              augmenter,
              new SampleRef(point.epoch(), sample, sample),
              point.progress(),
              name,
              heard);
      List<String> problems = problems(made.before(), made.after().record(), heard);
      List<String> named =
          problems.stream().map(problem -> name + ": " + problem).collect(Collectors.toList());
      named.addAll(
          check.problems(
              new HealthCheck.Subject(
                  made.before().images().size(), made.conversation(), made.sample())));
      return named;
    } catch (IOException | DataException e) {
      return List.of(name + ": " + e.getMessage());
    } catch (RuntimeException e) {
      // Whatever an operator throws would end the run at the step that draws such a sample.
      return List.of(
          "%s: fails%s with %s: change its parameters, or leave it out"
              .formatted(
                  name, heard.last.isEmpty() ? "" : " in " + described(Set.of(heard.last)), e));
    }
  }

  /** What is wrong with a record before its texts are made of it. */
  List<String> problems(ImageRecord before, ImageRecord after, Heard heard) {
    List<String> problems = new ArrayList<>();
    objects(before, after, heard, problems);
    summary(before, after, heard, problems);
    return problems;
  }

  private void objects(ImageRecord before, ImageRecord after, Heard heard, List<String> problems) {
    if (!before.objects().isEmpty() && after.objects().isEmpty()) {
      problems.add(
          "none of its %d objects is left after %s: keep some, for instance with min_objects: 1"
              .formatted(before.objects().size(), described(heard.emptied)));
    }
    for (DataObject object : after.objects()) {
      Description.problem(object.desc())
          .ifPresent(wrong ->
              problems.add(
                  "the description '%s' %s: it comes of %s"
                      .formatted(object.desc(), wrong, described(heard.changing))));
    }
    if (!heard.outside.isEmpty()) {
      problems.add(
          "an object lies outside of the picture after %s: keep its geometry inside"
              .formatted(described(heard.outside)));
    }
  }

  /** A summary that follows from the objects has to go on doing so; any other has to stay true. */
  private void summary(ImageRecord before, ImageRecord after, Heard heard, List<String> problems) {
    if (before.summary().isEmpty() || before.images().size() > 1) {
      return;
    }
    String text = before.summary().get();
    boolean derived = text.equals(summaryOf(before));
    if (derived && !after.summary().orElse("").equals(summaryOf(after))) {
      problems.add(
          "its summary '%s' isn't that of its objects after %s, which is '%s'"
              .formatted(after.summary().orElse(""), described(heard.changing), summaryOf(after)));
    }
    if (!derived && !descriptions(before).equals(descriptions(after))) {
      problems.add(
          "its summary was written by hand, and %s changes the objects that it speaks of: such an operator has to say so by changesObjects()"
              .formatted(described(heard.changing)));
    }
  }

  private static String summaryOf(ImageRecord record) {
    return SummaryText.of(descriptions(record));
  }

  private static List<String> descriptions(ImageRecord record) {
    return record.objects().stream().map(DataObject::desc).toList();
  }

  private String described(Set<String> operators) {
    return operators.isEmpty()
        ? "the augmentation"
        : operators.stream()
            .map(operator -> config.describe(operator, point.progress()))
            .collect(Collectors.joining(", "));
  }

  /** What the operators did. */
  static final class Heard implements PipelineWatch {

    private String last = "";

    /** After which no object was left. */
    private final Set<String> emptied = new LinkedHashSet<>();

    /** After which objects lay outside. */
    private final Set<String> outside = new LinkedHashSet<>();

    /** That were at work on pixels and objects together. */
    private final Set<String> changing = new LinkedHashSet<>();

    @Override
    public void begins(String stage) {
      last = stage;
    }

    @Override
    public void barrier(String operator, BarrierResult result) {
      changing.add(operator);
      AnnotatedPicture out = result.out();
      if (out.objects().isEmpty() && emptied.isEmpty()) {
        emptied.add(operator);
      }
      if (outside.isEmpty() && !out.objects().stream().allMatch(each -> isInside(each, out))) {
        outside.add(operator);
      }
    }

    private static boolean isInside(TrackedObject object, AnnotatedPicture picture) {
      return object.geometry().points().stream().allMatch(picture.frame()::contains);
    }
  }
}
