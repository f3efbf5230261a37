package io.lockstep.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.RecipeSources;
import io.lockstep.config.ConfigException;
import io.lockstep.coordinator.Follower;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.journal.RunTimeline;
import io.lockstep.data.plan.Pace;
import io.lockstep.operations.Page;
import io.lockstep.worker.config.RecipeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDashboardTest {

  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

  @TempDir private Path folder;

  private static RunStatus training() {
    return new RunStatus(
        "drawn",
        Phase.TRAINING,
        "training",
        2,
        3,
        10,
        1.5,
        2,
        Optional.of(new Pace.Remaining(242, 230, 260)),
        List.of(new RunStatus.WorkerStatus("<w-0>", 0, "computing step 4", 1500, 3, "node-<1>")),
        List.of(new RunStatus.Notice(1, "w-1 was lost: it <hangs>")));
  }

  /** A run that goes on. */
  private record Known(List<Follower> following) implements RunDashboard.Live {

    @Override
    public Optional<RunStatus> status() {
      return Optional.of(training());
    }

    @Override
    public Optional<List<Follower>> followers() {
      return Optional.of(following);
    }
  }

  private RunDashboard page(RunDashboard.Live live) {
    return new RunDashboard(
        folder,
        live,
        recipe -> {
          throw new IOException("the <model> is gone");
        });
  }

  private String get(RunDashboard page, String path) throws IOException {
    Page.Content content = page.get(path, Map.of());
    assertEquals(200, content.status());
    return new String(content.body(), StandardCharsets.UTF_8);
  }

  @Test
  void aRunThatGoesOnShowsItsProgressItsWorkersAndWhatPeopleShouldRead() throws IOException {
    Files.writeString(
        folder.resolve("logging.jsonl"), "{\"step\":3,\"loss\":1.5,\"learning_rate\":0.1}\n");
    RunDashboard page = page(new Known(List.of()));
    String live = get(page, "live");
    for (String part :
        List.of(
            "training: training",
            "<progress max=\"10\" value=\"3\"",
            "4:02 (3:50 to 4:20)",
            "&lt;w-0&gt;",
            "node-&lt;1&gt;",
            "ZeRO map",
            "computing step 4",
            "it &lt;hangs&gt;",
            "Loss, nats per")) {
      assertTrue(live.contains(part), () -> "no '" + part + "' in " + live);
    }
    String whole = get(page, "");
    assertTrue(whole.contains("<script src=\"dashboard.js\" defer>"));
    assertFalse(whole.contains("{{"), "every place is filled");
    assertTrue(get(page, "dashboard.js").contains("fetch(\"live\""));
    assertTrue(get(page, "status.json").contains("\"total_steps\":10"));
    assertTrue(get(page, "logging.jsonl").startsWith("{\"step\":3"));
  }

  @Test
  void aPageOfALongRunIsSmallAndShowsItsSpike() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int step = 1; step <= 100_000; step++) {
      double loss = step == 73_210 ? 321.0625 : 2 + Math.sin(step / 900.0);
      lines.append(
          "{\"step\":%d,\"loss\":%s,\"learning_rate\":0.1,\"samples_per_second\":%d,\"step_seconds\":1}%n"
              .formatted(step, loss, 8 + step % 7));
    }
    Files.writeString(folder.resolve("logging.jsonl"), lines);
    String whole = get(page(RunDashboard.Live.NONE), "");
    assertTrue(whole.length() < 200_000, () -> whole.length() + " characters");
    assertTrue(
        whole.contains("single steps: last %s at 100000".formatted(2 + Math.sin(100_000 / 900.0))),
        "the same figure as in the log");
    assertTrue(whole.contains("greatest 321.0625 at 73210."), "the spike in words");
    Matcher spike = Pattern.compile(" 732\\.1,([0-9.]+) ").matcher(whole);
    assertTrue(spike.find(), "the spike in the curve");
    assertTrue(Double.parseDouble(spike.group(1)) < 200, () -> spike.group() + " is no peak");
  }

  @Test
  void followersAreTheCoordinatorsToTell() throws IOException {
    Follower.Serving serving = new Follower.Serving(NOON, 40, "aligned to the <bit>", true);
    List<Follower> following =
        List.of(
            new Follower("<g-1>", "10.0.0.1:9", NOON, true, Optional.of(serving)),
            new Follower("g-2", "10.0.0.2:9", NOON, false, Optional.empty()));
    String live = get(page(new Known(following)), "live");
    assertTrue(live.contains("&lt;g-1&gt;"), live);
    assertTrue(live.contains("<td class=\"n\">40</td>"), live);
    assertTrue(live.contains("verified: aligned to the &lt;bit&gt;"), live);
    assertTrue(live.contains("gone, came "), live);
    assertTrue(live.contains("serves nothing yet"), live);
    assertTrue(get(page(new Known(List.of())), "live").contains("Nobody follows"));
    assertTrue(get(page(RunDashboard.Live.NONE), "live").contains("coordinator alone"));
  }

  @Test
  void aRecipeIsShownWithTheFilesThatItIsFrom() throws IOException, ConfigException {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(folder.resolve("train.jsonl"), "");
    Path base =
        Files.writeString(
            folder.resolve("base.yaml"),
            "global_max_length: 400\nmodel: {model: model}\ndata: {train_jsonl: train.jsonl, template: target_summary}\n");
    Path own =
        Files.writeString(
            folder.resolve("own.yaml"),
            "extends: base.yaml\ntraining: {run_name: own, max_steps: 3}\n");
    RecipeFile recipe = new RecipeFile(own);
    RecipeSources.write(folder, recipe);
    Files.writeString(folder.resolve("run.yaml"), recipe.read().toYaml());
    String live = get(page(new Known(List.of())), "live");
    assertTrue(live.contains("<p>From %s, which extends %s.</p>".formatted(own, base)), live);
    assertTrue(live.contains("What the files say, and where"), live);
    assertTrue(live.contains("bucket_floats: "), "defaults are written out");
    assertTrue(live.contains("Off: the run's augmentation copies no patches"), live);
  }

  @Test
  void sectionsCanBeReachedByKeyboard() throws IOException {
    String whole = get(page(new Known(List.of())), "");
    Set<String> ids =
        Pattern.compile("<section id=\"([^\"]+)\"")
            .matcher(whole)
            .results()
            .map(found -> found.group(1))
            .collect(Collectors.toSet());
    List<String> links =
        Pattern.compile("<li><a href=\"#([^\"]+)\"")
            .matcher(whole)
            .results()
            .map(found -> found.group(1))
            .toList();
    assertTrue(links.size() > 5, whole);
    assertTrue(ids.containsAll(links), () -> links + " lead to " + ids);
    assertTrue(whole.contains("<a class=\"skip\" href=\"#content\">"));
    assertTrue(whole.contains("<main id=\"content\""));
    assertEquals(
        Pattern.compile("<table>").matcher(whole).results().count(),
        Pattern.compile(
                "class=\"scroll\" role=\"region\" aria-label=\"[^\"]+\" tabindex=\"0\"><table>")
            .matcher(whole)
            .results()
            .count(),
        "every table scrolls inside of itself");
  }

  @Test
  void onlyLogsOfTheRunAreShownAndOnlyTheirEnds() throws IOException {
    Path logs = Files.createDirectories(folder.resolve("logs"));
    Files.writeString(logs.resolve("worker-0.log"), "first\n" + "x".repeat(300_000) + "\nlast\n");
    Files.writeString(folder.resolve("secret.log"), "secret");
    RunDashboard page = page(RunDashboard.Live.NONE);
    assertEquals("last\n", get(page, "logs/worker-0.log"));
    assertTrue(get(page, "live").contains("href=\"logs/worker-0.log\""));
    for (String other : List.of("logs/../secret.log", "logs/..", "logs/none.log", "logs/", "x")) {
      assertEquals(404, page.get(other, Map.of()).status(), other);
    }
  }

  @Test
  void eventsSayWhoCameAndWentAndHowLongItTook() {
    RunTimeline.Epoch first =
        new RunTimeline.Epoch(
            1,
            0,
            NOON,
            List.of("a", "b"),
            3,
            Optional.of(NOON.plusSeconds(1)),
            Optional.of(NOON.plusSeconds(3)));
    RunTimeline.Epoch second =
        new RunTimeline.Epoch(
            2,
            3,
            NOON.plusSeconds(4),
            List.of("b", "c"),
            1,
            Optional.of(NOON.plusMillis(5500)),
            Optional.of(NOON.plusSeconds(6)));
    RunTimeline timeline =
        new RunTimeline(
            "drawn",
            10,
            NOON,
            Optional.of(new RunTimeline.End(NOON.plusSeconds(9), true, "all done")),
            List.of(first, second),
            List.of(),
            List.of(),
            new TreeMap<>());
    assertEquals(
        List.of(
            "finished: all done",
            "membership 2 of 2: a left; c joined",
            "membership 1 of 2: a, b joined",
            "the run 'drawn' of 10 steps began"),
        CourseSections.eventsOf(timeline).stream().map(CourseSections.Event::what).toList());
    assertEquals("2.5 s", CourseSections.recovery(Optional.of(first), second));
    assertEquals("–", CourseSections.recovery(Optional.empty(), first));
  }
}
