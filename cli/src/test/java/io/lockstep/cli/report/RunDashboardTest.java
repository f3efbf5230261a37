package io.lockstep.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.journal.RunTimeline;
import io.lockstep.data.plan.Pace;
import io.lockstep.operations.Page;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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
        List.of(new RunStatus.WorkerStatus("<w-0>", 0, "computing step 4", 1500, 3)),
        List.of(new RunStatus.Notice(1, "w-1 was lost: it <hangs>")));
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
    RunDashboard page = new RunDashboard(folder, () -> Optional.of(training()));
    String live = get(page, "live");
    for (String part :
        List.of(
            "training: training",
            "<progress max=\"10\" value=\"3\">",
            "4:02 (3:50 to 4:20)",
            "&lt;w-0&gt;",
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
  void onlyLogsOfTheRunAreShownAndOnlyTheirEnds() throws IOException {
    Path logs = Files.createDirectories(folder.resolve("logs"));
    Files.writeString(logs.resolve("worker-0.log"), "first\n" + "x".repeat(300_000) + "\nlast\n");
    Files.writeString(folder.resolve("secret.log"), "secret");
    RunDashboard page = new RunDashboard(folder, Optional::empty);
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
