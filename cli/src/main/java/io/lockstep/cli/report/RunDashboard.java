package io.lockstep.cli.report;

import io.lockstep.cli.console.Clock;
import io.lockstep.cli.run.BestCheckpoint;
import io.lockstep.cli.run.GrowingMetrics;
import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.run.StatusLine;
import io.lockstep.coordinator.Follower;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.journal.RunTimeline;
import io.lockstep.operations.Page;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.zero.StageCost;
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
  private final Live live;
  private final WorldSections world;

  /** What a run's coordinator knows, as long as there is one. */
  public interface Live {

    /** A run whose coordinator isn't asked. */
    Live NONE = new Live() {};

    /** The run as its coordinator sees it. */
    default Optional<RunStatus> status() {
      return Optional.empty();
    }

    /** Who follows its checkpoints. */
    default Optional<List<Follower>> followers() {
      return Optional.empty();
    }
  }

  /** What a recipe trains. */
  @FunctionalInterface
  public interface Trained {

    /**
     * What it trains, and how that is cut.
     *
     * @throws IOException if the model's configuration can't be read
     */
    StageCost.Subject by(RunConfig recipe) throws IOException;
  }

  /** A page. */
  public RunDashboard(Path run, Live live, Trained trained) {
    this.run = new RunFolder(run);
    logged = new GrowingMetrics(this.run.metrics());
    this.live = live;
    world = new WorldSections(this.run, trained);
  }

  @Override
  public Content get(String path, Map<String, String> query) throws IOException {
    if (path.startsWith("logs/")) {
      return log(path.substring("logs/".length()));
    }
    return switch (path) {
      case "" -> Content.html(whole());
      case "live" -> Content.html(content());
      case "font.ttf" -> new Content(200, "font/ttf", RunPage.chinese());
      case "dashboard.js" ->
          new Content(
              200,
              "text/javascript; charset=utf-8",
              RunPage.resource("dashboard.js").getBytes(StandardCharsets.UTF_8));
      case "status.json" ->
          Content.json(live.status().map(state -> StatusLine.of(state).toString()).orElse("{}"));
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
    values.put("content", content());
    values.put("font", "font.ttf");
    return RunPage.fill(RunPage.resource("run-page.html"), values);
  }

  private String title() {
    return RunTimeline.read(run.root()).map(RunTimeline::name).orElse("run");
  }

  /** All that changes while a run goes on. */
  private String content() throws IOException {
    Optional<RunTimeline> timeline = RunTimeline.read(run.root());
    Optional<RunStatus> now = live.status();
    Metrics metrics = logged.now();
    Map<String, String> sections = new LinkedHashMap<>();
    sections.put("Notices", now.map(RunDashboard::notices).orElse(""));
    sections.put("Workers", now.map(RunDashboard::workers).orElse(""));
    sections.put("Curves", "<h2>Curves</h2>\n" + RunPage.charts(run, metrics));
    sections.put("ZeRO map", world.zeroMap(timeline));
    String course = CourseSections.html(run);
    sections.put("Patch bank", world.patchBank(metrics, now));
    sections.put("Gateway followers", WorldSections.followers(live.followers()));
    sections.put("Logs", CourseSections.logs(run));
    sections.put("What decides the bits", timeline.map(RunDashboard::numerics).orElse(""));
    sections.put("Configuration", world.configuration());
    StringBuilder html = new StringBuilder();
    html.append("<h1>%s</h1>%n".formatted(Html.escape(title())));
    html.append(navigation(sections, course));
    html.append(Html.section("overview", "Overview", overview(timeline, now, metrics)));
    sections.forEach((name, section) -> {
      html.append(Html.section(id(name), name, section));
      if (name.equals("ZeRO map")) {
        html.append(course);
      }
    });
    return html.toString();
  }

  private static String id(String name) {
    return name.toLowerCase(Locale.ROOT).replace(' ', '-');
  }

  /** Links to the sections that there are. */
  private static String navigation(Map<String, String> sections, String course) {
    StringBuilder html = new StringBuilder("<nav aria-label=\"Sections\"><ul>");
    sections.forEach((name, section) -> {
      if (!section.isEmpty()) {
        html.append(link(name));
      }
      if (name.equals("ZeRO map") && !course.isEmpty()) {
        List.of("Memberships", "Events", "Checkpoints").forEach(each -> html.append(link(each)));
      }
    });
    return html.append("</ul></nav>\n").toString();
  }

  private static String link(String name) {
    return "<li><a href=\"#%s\">%s</a></li>".formatted(id(name), name);
  }

  private String overview(Optional<RunTimeline> timeline, Optional<RunStatus> now, Metrics metrics)
      throws IOException {
    StringBuilder html = new StringBuilder();
    html.append(
        "<p id=\"phase\">%s</p>%n"
            .formatted(Html.escape(now.map(RunDashboard::phase).orElseGet(() -> ended(timeline)))));
    long done = now.map(RunStatus::steps).orElse(metrics.lastStep());
    long total =
        now.map(RunStatus::totalSteps)
            .orElse(timeline.map(RunTimeline::totalSteps).orElse(metrics.lastStep()));
    html.append(
        "<progress max=\"%d\" value=\"%d\" aria-label=\"steps committed\">%d of %d</progress>%n"
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
    return html.append("</div>\n").toString();
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
    StringBuilder rows = new StringBuilder();
    for (RunStatus.WorkerStatus worker : state.workers()) {
      rows.append(
          "<tr><td class=\"n\">%s</td><td class=\"name\">%s</td><td class=\"name\">%s</td><td>%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>"
              .formatted(
                  worker.rank() < 0 ? "waits" : Integer.toString(worker.rank()),
                  Html.escape(worker.name()),
                  Html.escape(worker.node()),
                  Html.escape(worker.activity()),
                  String.format(Locale.ROOT, "%.1f", worker.silentMillis() / 1000.0),
                  worker.reducedStep() < 0 ? "–" : Long.toString(worker.reducedStep())));
    }
    return "<h2>Workers</h2>\n"
        + Html.table(
            "Workers",
            "<th class=\"n\">rank</th><th>name</th><th>node</th><th>does</th><th class=\"n\">heard, s ago</th><th class=\"n\">reduced step</th>",
            rows.toString());
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
