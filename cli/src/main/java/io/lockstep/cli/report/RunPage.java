package io.lockstep.cli.report;

import io.lockstep.cli.chart.LineChart;
import io.lockstep.cli.chart.SvgChart;
import io.lockstep.cli.report.RunReport.Answers;
import io.lockstep.cli.run.BestCheckpoint;
import io.lockstep.cli.run.Evaluations;
import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.run.SampleCounts;
import io.lockstep.data.file.FileWrites;
import io.lockstep.datatools.overlay.ShippedFonts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The report of a run as one HTML file that needs no other and fetches nothing. */
final class RunPage {

  /** Browsers keep the boxes that they draw while a font is being read: it is named once it was. */
  private static final String FONT_SCRIPT =
      "<script>document.fonts.load('15px \"Shipped Chinese\"', '中').then(() => document.documentElement.classList.add('shipped'));</script>";

  private RunPage() {}

  static Path write(Path folder, RunReport report) throws IOException {
    RunFolder training = new RunFolder(folder.resolve(report.training()));
    Metrics metrics = Metrics.read(training.metrics());
    Answers answers = report.answers();
    String content =
        "<h1>%s</h1>%n<p>%s</p>%n<div class=\"figures\">%n%s</div>%n"
                .formatted(
                    Html.escape(report.title()),
                    Html.escape(report.provenance().date()),
                    figures(report, metrics, BestCheckpoint.of(training)))
            + charts(training, metrics)
            + (answers == null ? "" : AnswerSections.html(folder, answers))
            + CourseSections.html(training)
            + "<h2>This run</h2>\n<dl>\n%s</dl>%n"
                .formatted(facts(report, SampleCounts.read(training.root())))
            + "<h2>Recipe</h2>\n"
            + Html.text("Recipe", recipe(training.root()));
    Map<String, String> values = new LinkedHashMap<>();
    values.put("title", Html.escape(report.title()));
    values.put("script", FONT_SCRIPT);
    values.put("content", content);
    // The text that is put in may hold what looks like a place: the font goes last.
    values.put("font", Html.embedded("font/ttf", chinese()));
    Path page = folder.resolve(RunReport.PAGE);
    FileWrites.text(page, fill(resource("run-page.html"), values));
    return page;
  }

  /** A text that is shipped beside this class. */
  static String resource(String name) throws IOException {
    try (InputStream in = RunPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The font for machines without Chinese ones. */
  static byte[] chinese() throws IOException {
    return ShippedFonts.chinese();
  }

  /** Puts values into their places, each part of the template once: texts are taken as they are. */
  static String fill(String template, Map<String, String> values) {
    StringBuilder page = new StringBuilder();
    int from = 0;
    for (int open = template.indexOf("{{"); open >= 0; open = template.indexOf("{{", from)) {
      int close = template.indexOf("}}", open);
      String name = template.substring(open + 2, close);
      String value = values.get(name);
      if (value == null) {
        throw new IllegalStateException("run-page.html has a place for '" + name + "'");
      }
      page.append(template, from, open).append(value);
      from = close + 2;
    }
    return page.append(template, from, template.length()).toString();
  }

  private static String figures(RunReport report, Metrics metrics, Optional<BestCheckpoint> best) {
    StringBuilder html = new StringBuilder();
    Answers answers = report.answers();
    if (answers != null) {
      html.append(
          figure(
              percent(answers.share(answers.tuned())),
              "held-out summaries exactly right (base model: %s)"
                  .formatted(percent(answers.share(answers.base())))));
      long right = answers.verdicts().stream().filter(RunReport.Verdict::right).count();
      html.append(
          figure(
              percent((double) right / Math.max(1, answers.verdicts().size())),
              "Stage-B verdicts right, %d held-out groups".formatted(answers.verdicts().size())));
    } else if (!metrics.rows().isEmpty()) {
      html.append(
          figure(
              String.format(Locale.ROOT, "%.4f", metrics.rows().getLast().loss()),
              "loss of the last step (first: %.4f)".formatted(metrics.rows().getFirst().loss())));
    }
    html.append(best(best));
    html.append(
        figure(
            duration(report.trainSeconds()),
            "training, %d steps on %d worker%s (%.1f samples/s)"
                .formatted(
                    metrics.lastStep(),
                    report.workers(),
                    report.workers() == 1 ? "" : "s",
                    report.samplesPerSecond())));
    html.append(figure(duration(report.totalSeconds()), "everything, up to this page"));
    return html.toString();
  }

  /** The best checkpoint, if something was compared. */
  static String best(Optional<BestCheckpoint> best) {
    return best.map(each ->
            figure(
                String.format(Locale.ROOT, "%.4f", each.figure()),
                "%s of the best checkpoint, %s"
                    .formatted(
                        Html.escape(each.metric()),
                        Html.escape(each.dir().getFileName().toString()))))
        .orElse("");
  }

  static String figure(String value, String meaning) {
    return "<div class=\"figure\"><b>%s</b><span>%s</span></div>\n".formatted(value, meaning);
  }

  static String charts(RunFolder training, Metrics metrics) throws IOException {
    double[] steps = metrics.steps();
    Metrics finite = metrics.withLoss();
    SvgChart loss =
        new SvgChart("Loss, nats per supervised token", "step", true)
            .add("training, smoothed", finite.steps(), LineChart.movingMean(finite.losses()))
            .addSoft("single steps", finite.steps(), finite.losses());
    Evaluations heldOut = Evaluations.read(training);
    Evaluations losses = heldOut.with(Evaluations.Row::loss);
    if (!losses.rows().isEmpty()) {
      loss.add("held out", losses.steps(), losses.figures(Evaluations.Row::loss));
    }
    Evaluations right = heldOut.with(Evaluations.Row::tokenAccuracy);
    String accuracy =
        right.rows().isEmpty()
            ? ""
            : new SvgChart("Supervised tokens predicted right", "step", false)
                .add("held out", right.steps(), right.figures(Evaluations.Row::tokenAccuracy))
                .html();
    double[] rates = metrics.rows().stream().mapToDouble(Metrics.Row::samplesPerSecond).toArray();
    return loss.html()
        + accuracy
        + new SvgChart("Samples per second", "step", false)
            .add("smoothed", steps, LineChart.movingMean(rates))
            .addSoft("single steps", steps, rates)
            .html()
        + new SvgChart("Learning rate of the language model", "step", false)
            .add("learning rate", steps, metrics.learningRates())
            .html();
  }

  private static String facts(RunReport report, SampleCounts counts) {
    Provenance made = report.provenance();
    StringBuilder html = new StringBuilder();
    fact(html, "date", made.date());
    fact(html, "commit", made.commit());
    fact(html, "processor", made.processor());
    fact(html, "system", made.system());
    fact(html, "versions", made.java() + ", " + report.computedWith());
    fact(html, "checkpoint", report.checkpoint());
    fact(html, "weights SHA-256", report.weightsSha256());
    if (counts.padding().isPresent()) {
      fact(html, "padding", counts.padding().get());
      fact(html, "dropped samples", counts.dropped());
      counts.operators().forEach(each -> fact(html, "augmentation", each));
    }
    Answers answers = report.answers();
    if (answers != null) {
      fact(html, "gateway", answers.service());
    }
    return html.toString();
  }

  private static void fact(StringBuilder html, String name, String value) {
    html.append("<dt>%s</dt><dd>%s</dd>%n".formatted(name, Html.escape(value)));
  }

  static String recipe(Path training) throws IOException {
    Path file = training.resolve("run.yaml");
    return Files.isRegularFile(file) ? Files.readString(file) : "(" + file + " is not there)";
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static String duration(double seconds) {
    return seconds < 100
        ? String.format(Locale.ROOT, "%.1f s", seconds)
        : String.format(Locale.ROOT, "%d min %d s", (long) seconds / 60, (long) seconds % 60);
  }
}
