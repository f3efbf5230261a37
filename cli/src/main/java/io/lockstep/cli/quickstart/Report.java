package io.lockstep.cli.quickstart;

import io.lockstep.cli.chart.LineChart;
import io.lockstep.cli.console.Sparkline;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.report.Provenance;
import io.lockstep.cli.report.RunReport;
import io.lockstep.cli.run.Metrics;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.data.prompt.Task;
import io.lockstep.datatools.overlay.Overlay;
import io.lockstep.gateway.serving.CheckpointPrompts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What a person gets to see of a job: plots, pictures, a page, a table. */
public final class Report {

  private static final int DRAWN_PICTURES = 3;
  private static final int SPARKLINE_WIDTH = 48;

  private Report() {}

  /** Writes the loss curve, the drawn pictures and the page; returns the page. */
  static Path write(QuickstartFolder folder, Results results) throws IOException {
    Metrics metrics = results.training().metrics();
    LineChart.write(
        folder.lossPlot(),
        "Training loss",
        "step",
        "nats per supervised token",
        metrics.steps(),
        metrics.losses());
    draw(folder, results.pictures());
    return report(folder, results).write(folder.root());
  }

  /** Pictures spread evenly over the held-out set, with ground truth and answer. */
  private static void draw(QuickstartFolder folder, List<Results.Picture> pictures)
      throws IOException {
    Overlay overlay = Overlay.create();
    int count = Math.min(DRAWN_PICTURES, pictures.size());
    for (int i = 0; i < count; i++) {
      Results.Picture picture = pictures.get(i * pictures.size() / count);
      Path png = folder.drawn(i + 1);
      overlay.write(
          picture.record().images().getFirst(),
          picture.record().objects(),
          Overlay.comparison(picture.truth(), picture.tuned()),
          png);
    }
  }

  private static RunReport report(QuickstartFolder folder, Results results) {
    return new RunReport(
        "Lockstep quickstart: a small Qwen3-VL learns to inspect pictures",
        folder.relative(folder.training()),
        results.workers(),
        results.training().seconds(),
        results.training().samplesPerSecond(),
        results.totalSeconds(),
        results.training().checkpoint().toString(),
        results.training().weightsSha256(),
        results.training().computedWith(),
        Provenance.here(),
        new RunReport.Answers(
            folder.relative(folder.heldOutJsonl()),
            results.pictures().stream().map(Results.Picture::truth).toList(),
            results.pictures().stream().map(Results.Picture::base).toList(),
            results.pictures().stream().map(Results.Picture::tuned).toList(),
            results.verdicts(),
            results.health() + ", " + String.join(", ", results.services())));
  }

  /** The results and where they lie, for a terminal. */
  public static String text(QuickstartFolder folder, Results results) throws IOException {
    Metrics metrics = results.training().metrics();
    String loss =
        metrics.rows().isEmpty()
            ? "-"
            : String.format(
                Locale.ROOT,
                "%s  %.3f → %.3f",
                Sparkline.of(metrics.losses(), SPARKLINE_WIDTH),
                metrics.rows().getFirst().loss(),
                metrics.rows().getLast().loss());
    Table table =
        new Table()
            .row("loss", loss)
            .row(
                "held-out summaries exactly right",
                percent(results.baseExactMatch()) + " → " + percent(results.exactMatch()))
            .row("Stage-B verdicts right", percent(results.stageBAccuracy()))
            .row("training", seconds(results.training().seconds()) + ", " + rate(results))
            .row("total", seconds(results.totalSeconds()))
            .row("weights sha256", results.training().weightsSha256())
            .row("gateway", results.health() + ", " + String.join(", ", results.services()))
            .row("", "")
            .row("report", folder.page().toString())
            .row("checkpoint", results.training().checkpoint().toString())
            .row("pictures", folder.drawn(1) + ", -2, -3; " + folder.lossPlot())
            .row("answers", folder.stageA() + ", " + folder.stageB())
            .row("logs", folder.logs().toString());
    return "\n" + table.render() + nextCommands(folder, results);
  }

  private static String nextCommands(QuickstartFolder folder, Results results) throws IOException {
    Path picture = results.pictures().getFirst().record().images().getFirst();
    Path checkpoint = results.training().checkpoint();
    Prompts prompts = CheckpointPrompts.read(checkpoint).prompts(Task.SUMMARY);
    return """

    Next:
      ./lockstep gateway start --model %s --port 7070
      ./lockstep generate --model %s --image '%s' --system '%s' --prompt '%s'
      ./lockstep train --config %s --workers 1 --out %s-again    # the same weights, to the bit
    """
        .formatted(
            checkpoint,
            checkpoint,
            picture,
            prompts.system(Task.SUMMARY),
            prompts.user(Task.SUMMARY),
            folder.recipe(),
            folder.training());
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%.1f s", seconds);
  }

  private static String rate(Results results) {
    return String.format(
        Locale.ROOT,
        "%.1f samples/s on %d workers",
        results.training().samplesPerSecond(),
        results.workers());
  }
}
