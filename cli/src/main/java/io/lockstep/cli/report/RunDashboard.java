package io.lockstep.cli.report;

import io.lockstep.cli.console.Clock;
import io.lockstep.cli.run.BestCheckpoint;
import io.lockstep.cli.run.GrowingMetrics;
import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.run.StatusLine;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.journal.RunTimeline;
import io.lockstep.operations.Page;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The page of a run, while it goes on and afterwards: what its folder holds, and the coordinator's
 * status where there is one. It asks for what changes every two seconds; without scripts it shows
 * the moment at which it was opened.
 */
public final class RunDashboard implements Page {

  /** The end of a log that is shown. */
  private static final int LOG_BYTES = 256 << 10;

  private static final Pattern LOG_NAME = Pattern.compile("[\\w-]+(\\.[\\w-]+)*\\.log");

  private final RunFolder run;
  private final GrowingMetrics logged;
  private final Supplier<Optional<RunStatus>> status;

  /**
   * A page.
   *
   * @param status the run as its coordinator sees it; empty if there is none
   */
  public RunDashboard(Path run, Supplier<Optional<RunStatus>> status) {
    this.run = new RunFolder(run);
    logged = new GrowingMetrics(this.run.metrics());
    this.status = status;
  }

  @Override
  public Content get(String path, Map<String, String> query) throws IOException {
    if (path.startsWith("logs/")) {
      return log(path.substring("logs/".length()));
    }
    return switch (path) {
      case "" -> Content.html(whole());
      case "live" -> Content.html(live());
      case "dashboard.js" ->
          new Content(
              200,
              "text/javascript; charset=utf-8",
              RunPage.resource("dashboard.js").getBytes(StandardCharsets.UTF_8));
      case "status.json" ->
          Content.json(status.get().map(state -> StatusLine.of(state).toString()).orElse("{}"));
      case "logging.jsonl" ->
          Files.isRegularFile(run.metrics())
              ? new Content(200, "application/jsonl", Files.readAllBytes(run.metrics()))
              : Content.missing();
      default -> Content.missing();
    };
  }

  private String whole() throws IOException {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("title", Html.escape(title()));
    values.put("script", "<script src=\"dashboard.js\" defer></script>");
    values.put("content", live());
    values.put("font", Html.embedded("font/ttf", RunPage.chinese()));
    return RunPage.fill(RunPage.resource("run-page.html"), values);
  }

  private String title() {
    return RunTimeline.read(run.root()).map(RunTimeline::name).orElse("run");
  }

  /** All that changes while a run goes on. */
  private String live() throws IOException {
    Optional<RunTimeline> timeline = RunTimeline.read(run.root());
    Optional<RunStatus> now = status.get();
    Metrics metrics = logged.now();
    StringBuilder html = new StringBuilder();
    html.append("<h1>%s</h1>%n".formatted(Html.escape(title())));
    html.append(
        "<p id=\"phase\">%s</p>%n"
            .formatted(Html.escape(now.map(RunDashboard::phase).orElseGet(() -> ended(timeline)))));
    long done = now.map(RunStatus::steps).orElse(metrics.lastStep());
    long total =
        now.map(RunStatus::totalSteps)
            .orElse(timeline.map(RunTimeline::totalSteps).orElse(metrics.lastStep()));
    html.append(
        "<progress max=\"%d\" value=\"%d\">%d of %d</progress>%n"
            .formatted(Math.max(1, total), done, done, total));
    html.append("<div class=\"figures\">\n");
    html.append(RunPage.figure("%d / %d".formatted(done, total), "steps committed"));
    now.flatMap(RunStatus::remaining)
        .ifPresent(time -> html.append(RunPage.figure(Clock.text(time), "to go, with its spread")));
    if (!metrics.rows().isEmpty()) {
      html.append(
          RunPage.figure(
              String.format(Locale.ROOT, "%.4f", metrics.rows().getLast().loss()),
              "loss of the last step (first: %.4f)".formatted(metrics.rows().getFirst().loss())));
    }
    html.append(
        RunPage.figure(
            String.format(Locale.ROOT, "%.1f", metrics.samplesPerSecond()), "samples/s so far"));
    html.append(RunPage.best(BestCheckpoint.of(run)));
    now.ifPresent(
        state -> html.append(RunPage.figure(Integer.toString(state.workers().size()), "workers")));
    timeline.ifPresent(course ->
        html.append(RunPage.figure(CourseSections.age(course, Instant.now()), "since it began")));
    html.append("</div>\n");
    now.ifPresent(state -> html.append(notices(state)).append(workers(state)));
    html.append(RunPage.charts(run, metrics));
    html.append(CourseSections.html(run));
    html.append(CourseSections.logs(run));
    timeline.ifPresent(course -> html.append(numerics(course)));
    return html.append("<h2>Recipe</h2>\n<pre>")
        .append(Html.escape(RunPage.recipe(run.root())))
        .append("</pre>\n")
        .toString();
  }

  private static String phase(RunStatus state) {
    return "%s: %s".formatted(state.phase().name().toLowerCase(Locale.ROOT), state.detail());
  }

  private static String ended(Optional<RunTimeline> timeline) {
    return timeline
        .flatMap(RunTimeline::end)
        .map(end -> (end.finished() ? "finished: " : "ended: ") + end.reason())
        .orElse("no coordinator of this run is asked; this is what its folder holds");
  }

  private static String notices(RunStatus state) {
    if (state.notices().isEmpty()) {
      return "";
    }
    StringBuilder html = new StringBuilder("<h2>Notices</h2>\n<ul class=\"notices\">");
    List<RunStatus.Notice> newest = state.notices().reversed();
    newest.forEach(notice -> html.append("<li>%s</li>".formatted(Html.escape(notice.text()))));
    return html.append("</ul>\n").toString();
  }

  private static String workers(RunStatus state) {
    StringBuilder html =
        new StringBuilder(
            "<h2>Workers</h2>\n<div class=\"scroll\"><table><thead><tr><th class=\"n\">rank</th><th>name</th>"
                + "<th>does</th><th class=\"n\">heard, s ago</th><th class=\"n\">reduced step</th></tr></thead><tbody>");
    for (RunStatus.WorkerStatus worker : state.workers()) {
      html.append(
          "<tr><td class=\"n\">%s</td><td class=\"name\">%s</td><td>%s</td><td class=\"n\">%.1f</td><td class=\"n\">%s</td></tr>"
              .formatted(
                  worker.rank() < 0 ? "waits" : Integer.toString(worker.rank()),
                  Html.escape(worker.name()),
                  Html.escape(worker.activity()),
                  worker.silentMillis() / 1000.0,
                  worker.reducedStep() < 0 ? "–" : Long.toString(worker.reducedStep())));
    }
    return html.append("</tbody></table></div>\n").toString();
  }

  private static String numerics(RunTimeline course) {
    StringBuilder html = new StringBuilder("<h2>What decides the bits</h2>\n<dl>");
    course
        .numerics()
        .forEach((name, value) ->
            html.append("<dt>%s</dt><dd>%s</dd>".formatted(Html.escape(name), Html.escape(value))));
    return html.append("</dl>\n").toString();
  }

  private Content log(String name) throws IOException {
    Path file = run.logs().resolve(name);
    if (!LOG_NAME.matcher(name).matches() || !Files.isRegularFile(file)) {
      return Content.missing();
    }
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
      long from = Math.max(0, log.length() - LOG_BYTES);
      log.seek(from);
      byte[] end = new byte[(int) (log.length() - from)];
      log.readFully(end);
      String text = new String(end, StandardCharsets.UTF_8);
      return Content.text(200, from == 0 ? text : text.substring(text.indexOf('\n') + 1));
    }
  }
}
