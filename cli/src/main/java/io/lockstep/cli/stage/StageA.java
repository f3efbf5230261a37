package io.lockstep.cli.stage;

import io.lockstep.cli.console.UserError;
import io.lockstep.client.Described;
import io.lockstep.client.PictureFile;
import io.lockstep.data.answer.Finish;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;

/** Stage-A over an inspection folder: a summary of every picture, one JSONL file per mission. */
public final class StageA {

  private StageA() {}

  /** Gets summaries of pictures; the gateway's client is one. */
  @FunctionalInterface
  public interface Summarizer {

    /**
     * What comes of asking about each picture, in the same order.
     *
     * @param listener told of each outcome as it comes, one at a time
     */
    List<Described> summarize(List<PictureFile> pictures, Consumer<Described> listener);
  }

  /**
   * Summarises all pictures and writes {@code <out>/<mission>.jsonl}; nothing is asked before every
   * picture is whole and within the limits. A group with a picture that got no answer is left out;
   * a mission of which nothing is left gets an empty file.
   *
   * @param listener told of each outcome as it comes
   * @throws UserError naming the pictures that can't be used
   */
  public static StageAResult run(
      InspectionFolder folder, Path out, Summarizer summarizer, Consumer<Described> listener) {
    List<PictureFile> pictures =
        folder.groups().stream()
            .flatMap(group -> group.images().stream())
            .map(image -> new PictureFile(relative(folder, image), image))
            .toList();
    UsablePictures.require(pictures);
    List<Described> outcomes = summarizer.summarize(pictures, listener);
    requireCoverage(pictures, outcomes);
    SequencedMap<String, List<String>> lines = new LinkedHashMap<>();
    List<String> leftOut = new ArrayList<>();
    int next = 0;
    for (InspectionFolder.Group group : folder.groups()) {
      List<Described> own = outcomes.subList(next, next + group.images().size());
      next += own.size();
      List<String> ofMission = lines.computeIfAbsent(group.mission(), mission -> new ArrayList<>());
      List<Described.Summary> summaries = summaries(own);
      if (summaries.size() == own.size()) {
        ofMission.add(line(group, summaries).toJson());
      } else {
        leftOut.add(relative(folder, group.images().getFirst().resolveSibling("")));
      }
    }
    List<Path> files = new ArrayList<>();
    lines.forEach((mission, ofMission) -> {
      Path file = out.resolve(mission + ".jsonl");
      AtomicLines.write(file, ofMission);
      files.add(file);
    });
    List<Described.Summary> answered = summaries(outcomes);
    int cut =
        Math.toIntExact(answered.stream().filter(each -> each.finish() == Finish.LENGTH).count());
    return new StageAResult(
        files, pictures.size(), answered.size(), cut, leftOut, unanswered(outcomes));
  }

  private static StageARecord line(
      InspectionFolder.Group group, List<Described.Summary> summaries) {
    return new StageARecord(
        group.groupId(),
        group.mission(),
        group.label(),
        summaries.stream().map(Described.Summary::id).toList(),
        summaries.stream().map(Described.Summary::text).toList(),
        summaries.stream().map(Described.Summary::finish).toList());
  }

  private static List<Described.Summary> summaries(List<Described> outcomes) {
    return outcomes.stream()
        .filter(Described.Summary.class::isInstance)
        .map(Described.Summary.class::cast)
        .toList();
  }

  private static List<String> unanswered(List<Described> outcomes) {
    return outcomes.stream()
        .<String>mapMulti((outcome, sink) -> {
          if (outcome instanceof Described.NoAnswer(var id, var problem)) {
            sink.accept(problem);
          }
        })
        .toList();
  }

  private static void requireCoverage(List<PictureFile> pictures, List<Described> outcomes) {
    List<String> asked = pictures.stream().map(PictureFile::id).toList();
    List<String> answered = outcomes.stream().map(Described::id).toList();
    if (!asked.equals(answered)) {
      throw new UserError(
          "the summaries do not cover the pictures in order: %d asked, %d answered"
              .formatted(asked.size(), answered.size()));
    }
  }

  private static String relative(InspectionFolder folder, Path image) {
    List<String> names = new ArrayList<>();
    folder.root().relativize(image).forEach(name -> names.add(name.toString()));
    return String.join("/", names);
  }
}
