package io.lockstep.datatools.demo;

import io.lockstep.data.file.FileWrites;
import io.lockstep.data.record.SummaryText;
import io.lockstep.data.stageb.RolloutPrompt;
import io.lockstep.data.stageb.Verdict;
import io.lockstep.datatools.export.OutputFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Writes a demo data set: {@code train.jsonl} and {@code heldout.jsonl} with their pictures, and
 * for inspection the held-out groups under {@code groups/<mission>/{审核通过|审核不通过}/<group_id>/}.
 * Everything is a function of the seed and of places in the set: neither the number of threads nor
 * the time of day changes a byte.
 */
public final class DemoData {

  /** Share of plain training pictures that come with a request to count instead of a caption. */
  private static final double COUNTED = 0.1;

  private static final int PICTURES_PER_FOLDER = 1000;
  private static final long RECORD_FORM = 104;

  private final DemoOptions options;
  private final Path root;
  private final PictureWriter writer;

  private DemoData(DemoOptions options, Path root) throws IOException {
    this.options = options;
    this.root = root;
    this.writer = new PictureWriter(ScenePainter.load(), options.style(), root);
  }

  /**
   * Writes a data set.
   *
   * @param out a folder that does not exist yet, or is empty; it appears when it is complete
   * @return what was written
   * @throws IOException if something is at {@code out} already, or the disk is full
   */
  public static Counts generate(Path out, DemoOptions options) throws IOException {
    try (OutputFolder folder = OutputFolder.create(out)) {
      DemoData generator = new DemoData(options, folder.partial());
      Counts counts =
          switch (options.style()) {
            case INSPECTION -> generator.inspection();
            case PLAIN, COUNTED -> generator.plain();
          };
      folder.publish();
      return counts;
    }
  }

  private Counts inspection() throws IOException {
    List<PictureWriter.Job> train = trainJobs();
    List<PictureWriter.Job> heldout = heldoutJobs();
    List<String> lines = new ArrayList<>(writer.write(train, options.threads()));
    IntStream.range(0, options.texts())
        .mapToObj(i -> RecordLines.text(judgement(options.seed(), i)))
        .forEach(lines::add);
    writeLines("train.jsonl", lines);
    writeLines("heldout.jsonl", writer.write(heldout, options.threads()));
    return new Counts(train.size(), options.texts(), heldout.size(), options.heldout());
  }

  /** Pictures of as many groups as it takes; the last group may be cut short. */
  private List<PictureWriter.Job> trainJobs() {
    List<PictureWriter.Job> jobs = new ArrayList<>();
    for (int number = 0; jobs.size() < options.count(); number++) {
      DemoGroup group = InspectionScenes.group(options.seed(), Split.TRAIN, number);
      for (Scene scene : group.scenes()) {
        if (jobs.size() < options.count()) {
          String path = imagePath("images", jobs.size());
          jobs.add(
              new PictureWriter.Job(
                  path,
                  scene,
                  geometries -> RecordLines.inspection(path, scene, geometries, group)));
        }
      }
    }
    return jobs;
  }

  private List<PictureWriter.Job> heldoutJobs() {
    List<PictureWriter.Job> jobs = new ArrayList<>();
    for (int number = 0; number < options.heldout(); number++) {
      DemoGroup group = InspectionScenes.group(options.seed(), Split.HELDOUT, number);
      String label = group.verdict() == Verdict.PASS ? "审核通过" : "审核不通过";
      for (int i = 0; i < group.scenes().size(); i++) {
        Scene scene = group.scenes().get(i);
        String path =
            "groups/" + DemoGroup.MISSION + "/" + label + "/" + group.id() + "/" + (i + 1) + ".png";
        jobs.add(
            new PictureWriter.Job(
                path, scene, geometries -> RecordLines.inspection(path, scene, geometries, group)));
      }
    }
    return jobs;
  }

  /**
   * Text-only record {@code index}: the prompt of a group that is never drawn, and its judgement.
   */
  static Exchange judgement(long seed, int index) {
    DemoGroup group = InspectionScenes.group(seed, Split.TEXT, index);
    return new Exchange(
        RolloutPrompt.of(DemoGroup.MISSION, group.summaries()), group.judgement().text());
  }

  private Counts plain() throws IOException {
    List<String> lines = new ArrayList<>(writer.write(plainJobs(), options.threads()));
    IntStream.range(0, options.texts())
        .mapToObj(i -> RecordLines.text(PlainQuestions.question(options.seed(), i)))
        .forEach(lines::add);
    writeLines("train.jsonl", lines);
    List<PictureWriter.Job> heldout = new ArrayList<>();
    for (int i = 0; i < options.heldout(); i++) {
      heldout.add(summedUp(imagePath("heldout", i), scene(Split.HELDOUT, i)));
    }
    writeLines("heldout.jsonl", writer.write(heldout, options.threads()));
    return new Counts(options.count(), options.texts(), heldout.size(), 0);
  }

  private List<PictureWriter.Job> plainJobs() {
    List<PictureWriter.Job> jobs = new ArrayList<>();
    for (int i = 0; i < options.count(); i++) {
      Scene scene = scene(Split.TRAIN, i);
      String path = imagePath("images", i);
      jobs.add(
          options.style() == DemoStyle.PLAIN && scene.rng(RECORD_FORM).chance(COUNTED)
              ? new PictureWriter.Job(path, scene, geometries -> RecordLines.counted(path, scene))
              : summedUp(path, scene));
    }
    return jobs;
  }

  private Scene scene(Split split, int index) {
    return PlainScenes.scene(options.seed(), split, index);
  }

  private PictureWriter.Job summedUp(String path, Scene scene) {
    String summary =
        options.style() == DemoStyle.COUNTED
            ? SummaryText.of(scene.items().stream().map(PlainWords::name).toList())
            : PlainWords.caption(scene.items());
    return new PictureWriter.Job(
        path, scene, geometries -> RecordLines.plain(path, scene, geometries, summary));
  }

  private static String imagePath(String folder, int index) {
    return String.format(
        Locale.ROOT, "%s/%03d/%06d.png", folder, index / PICTURES_PER_FOLDER, index);
  }

  private void writeLines(String name, List<String> lines) throws IOException {
    FileWrites.lines(root.resolve(name), lines);
  }

  /**
   * How much was written.
   *
   * @param pictures training pictures
   * @param texts text-only training records
   * @param heldoutPictures lines of {@code heldout.jsonl}
   * @param heldoutGroups held-out groups; 0 in style {@code plain}
   */
  public record Counts(int pictures, int texts, int heldoutPictures, int heldoutGroups) {}
}
