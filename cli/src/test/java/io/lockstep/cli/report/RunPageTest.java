package io.lockstep.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of a run, drawn from a folder. */
class RunPageTest {

  @TempDir private Path folder;

  @Test
  void aRunWithoutAnswersShowsItsCurvesItsRecipeAndWhatItWasMadeWith() throws IOException {
    train();
    String page = Files.readString(report(null).write(folder));
    assertContains(page, "Loss, nats per", "Learning rate", "<polyline", "single steps");
    assertContains(page, "held out</span>", "Supervised tokens predicted right");
    assertEveryCurveHasAColour(page);
    assertContains(page, "name: &lt;drawn&gt;", "abc123", "Some Processor, 2 cores");
    assertContains(page, "25.0 % of 400 computed tokens", "2 too long, 0 unreadable");
    assertContains(page, "random_crop 3 of 8 pictures, 4 skipped (line), 6 objects dropped");
    assertContains(page, "libtorch 2.7.1 AVX2", "2026-01-02", "prefers-color-scheme: dark");
    assertFalse(page.contains("Stage-A"), "nobody was asked");
    assertSelfContained(page);
  }

  @Test
  void answersStandBesideThePicturesAndItSaysHowManyAreShown() throws IOException {
    train();
    DemoData.generate(folder.resolve("data"), DemoOptions.of(40, 3, DemoStyle.INSPECTION));
    List<String> truths = truths(folder.resolve("data/heldout.jsonl"));
    List<String> tuned = new ArrayList<>(truths);
    tuned.set(0, "标签/7×9");
    List<String> base =
        new ArrayList<>(java.util.Collections.nCopies(truths.size(), "框\uFFFD\uFFFD"));
    RunReport report =
        report(
            new RunReport.Answers(
                "data/heldout.jsonl",
                truths,
                base,
                tuned,
                List.of(
                    new RunReport.Verdict("g-1", "pass", true, "pass\n好"),
                    new RunReport.Verdict("g-2", "fail", false, "pass\n好")),
                "SERVING"));
    String page = Files.readString(report.write(folder));
    int shown = Math.min(16, truths.size());
    assertContains(page, shown + " of " + truths.size() + " pictures are shown");
    assertEquals(shown, Pattern.compile("<article").matcher(page).results().count());
    assertContains(page, "标签/7×9", "2 of 2 groups are shown", "Errors by class", "g-2");
    assertContains(page, "框<span class=\"cut\">2 cut characters</span>");
    assertFalse(page.contains("\uFFFD"), "no replacement character");
    assertSelfContained(page);
  }

  @Test
  void thePageIsDrawnAgainFromItsFolder() throws IOException {
    train();
    Path page = report(null).write(folder);
    String first = Files.readString(page);
    Files.delete(page);
    assertEquals(first, Files.readString(RunReport.read(folder).write(folder)));
  }

  private void train() throws IOException {
    Files.writeString(folder.resolve("run.yaml"), "training: {run_name: <drawn>}\n");
    StringBuilder log = new StringBuilder();
    for (int step = 1; step <= 40; step++) {
      log.append(
          "{\"step\":%d,\"loss\":%s,\"learning_rate\":%s}%n"
              .formatted(step, 8.0 / step, 1e-5 * step));
    }
    Files.writeString(folder.resolve("logging.jsonl"), log);
    Files.writeString(
        folder.resolve("counts.jsonl"),
        """
        {"step":39,"batch_tokens":1}
        {"step":40,"batch_tokens":400,"padding_tokens":100,"dropped_too_long":2,"aug/random_crop_applied":3,\
        "aug/random_crop_skipped":5,"aug/random_crop_skipped_line":4,"aug/random_crop_objects_dropped":6}
        """);
    Files.writeString(
        folder.resolve("heldout-loss.jsonl"),
        "{\"step\":40,\"eval_loss\":0.4,\"eval_token_acc\":0.8}\n");
  }

  private static List<String> truths(Path heldOut) throws IOException {
    return Files.readAllLines(heldOut).stream()
        .map(line -> line.replaceAll(".*\"summary\":\"([^\"]*)\".*", "$1"))
        .toList();
  }

  private static RunReport report(RunReport.@org.jspecify.annotations.Nullable Answers answers) {
    return new RunReport(
        "A run",
        "",
        2,
        12.5,
        60,
        20,
        "checkpoints/step-00000040",
        "00ff",
        "libtorch 2.7.1 AVX2",
        new Provenance("2026-01-02", "abc123", "Some Processor, 2 cores", "Linux", "Java 25"),
        answers);
  }

  /** In the light and in the dark. */
  private static void assertEveryCurveHasAColour(String page) {
    List<String> used =
        Pattern.compile("var\\((--curve-\\d+)\\)")
            .matcher(page)
            .results()
            .map(found -> found.group(1))
            .distinct()
            .toList();
    assertEquals(3, used.size(), used.toString());
    for (String curve : used) {
      assertEquals(2, Pattern.compile(curve + ": #").matcher(page).results().count(), curve);
    }
  }

  private static void assertContains(String page, String... parts) {
    for (String part : parts) {
      assertTrue(page.contains(part), () -> "no '" + part + "' in the page");
    }
  }

  /** Every address is data of the page itself, or a place in it. */
  private static void assertSelfContained(String page) {
    assertFalse(
        Pattern.compile("(src|href)=\"(?!data:|#)|url\\((?!data:)|https?://").matcher(page).find(),
        "the page names another file");
  }
}
