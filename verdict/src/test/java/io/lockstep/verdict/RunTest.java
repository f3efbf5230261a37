package io.lockstep.verdict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.data.stageb.Judgement;
import io.lockstep.verdict.artifact.Artifact;
import io.lockstep.verdict.artifact.GroupReportRow;
import io.lockstep.verdict.artifact.MalformedRow;
import io.lockstep.verdict.artifact.MetricsRow;
import io.lockstep.verdict.artifact.ReviewRow;
import io.lockstep.verdict.artifact.RunFolder;
import io.lockstep.verdict.artifact.RunRow;
import io.lockstep.verdict.artifact.SelectionRow;
import io.lockstep.verdict.ledger.Ledger;
import io.lockstep.verdict.loop.StageBRun;
import io.lockstep.verdict.report.Reports;
import io.lockstep.verdict.rollout.Question;
import io.lockstep.verdict.rollout.Reply;
import io.lockstep.verdict.rollout.TextGenerator;
import io.lockstep.verdict.ticket.Ticket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run leaves behind, also after kills. */
class RunTest {

  private static final String MISSION = "安装检查";
  private static final String SMALL = "epochs: 2\nlogging_steps: 8\n";
  private static final ScriptedModel MODEL = new ScriptedModel(new RuleReflector());

  @TempDir private Path dir;

  private final List<Ticket> tickets = World.tickets(new World(MISSION, 3).groups("L", 60));

  private Missions files(String name) throws IOException {
    return Missions.write(dir.resolve(name), MISSION, Missions.FIRST, SMALL);
  }

  /** Files by name, without what a run remembers for itself. */
  private static Map<String, String> artifacts(RunFolder folder) throws IOException {
    Map<String, String> artifacts = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder.root())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = folder.root().relativize(file).toString();
        if (!name.startsWith("journal")) {
          artifacts.put(name, Files.readString(file));
        }
      }
    }
    return artifacts;
  }

  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** Dies after so many questions. */
  private static TextGenerator dying(int questions) {
    int[] left = {questions};
    return asked -> {
      if (asked.size() > left[0]) {
        throw new Killed();
      }
      left[0] -= asked.size();
      return MODEL.generate(asked);
    };
  }

  @Test
  void aRunThatIsKilledAnywhereEndsWithTheSameArtifacts() throws Exception {
    StageBRun.Result undisturbed = files("a").run("r").run(tickets, MODEL);
    Map<String, String> expected = artifacts(undisturbed.folder());
    StageBRun other = files("b").run("r");
    Random random = new Random(11);
    int kills = 0;
    int places = (int) undisturbed.questions() / 20;
    StageBRun.Result result = null;
    while (result == null) {
      try {
        // The first are short enough for twenty kills, later ones long enough for any batch.
        int questions = kills < 20 ? 1 + random.nextInt(2 * places) : Integer.MAX_VALUE;
        result = other.run(tickets, dying(Math.max(questions, kills < 20 ? 0 : 1 << 20)));
      } catch (Killed e) {
        kills++;
        tear(other.folder(), random);
      }
    }
    assertTrue(kills >= 20, "kills: " + kills);
    assertEquals(expected, artifacts(result.folder()));
    assertEquals(undisturbed.questions(), result.questions());
  }

  /** Leaves half a line at the end of the journal and half a file beside an artifact. */
  private static void tear(RunFolder folder, Random random) throws IOException {
    try (Stream<Path> files = Files.list(folder.root().resolve("journal"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".jsonl")).toList()) {
        if (random.nextBoolean()) {
          Files.writeString(file, "{\"question\":\"1f", StandardOpenOption.APPEND);
        }
      }
    }
    if (random.nextBoolean()) {
      Files.writeString(folder.file(Artifact.SELECTIONS), "{\"ticket", StandardOpenOption.APPEND);
    }
  }

  @Test
  void aRerunGoesOnFromTheLastGuidanceAndWritesItsArtifactsAnew() throws Exception {
    Missions files = files("a");
    StageBRun.Result first = files.run("r").run(tickets, MODEL);
    String guidance = Files.readString(first.folder().root().resolve(RunFolder.GUIDANCE));
    StageBRun.Result second = files.run("r").run(tickets, MODEL);
    RunFolder folder = second.folder();
    assertEquals(2, folder.read(Artifact.RUN, RunRow.class).getFirst().round());
    assertEquals(
        guidance,
        Files.readString(folder.root().resolve("snapshots").resolve("guidance-00000.json")));
    int each = first.folder().read(Artifact.RUN, RunRow.class).getFirst().learning() * 2 + 60;
    int judged =
        folder.read(Artifact.SELECTIONS, SelectionRow.class).size()
            + folder.read(Artifact.FAILURES, MalformedRow.class).size();
    assertEquals(each, judged, "rows of the second run alone");
  }

  @Test
  void reportsAreRebuiltToTheByte() throws Exception {
    RunFolder folder = files("a").run("r").run(tickets, MODEL).folder();
    Map<String, String> before = artifacts(folder);
    for (Artifact derived :
        List.of(
            Artifact.METRICS,
            Artifact.REPORT,
            Artifact.REPORT_DELTA,
            Artifact.NEED_REVIEW,
            Artifact.SUSPECTS,
            Artifact.RISK)) {
      Files.delete(folder.file(derived));
    }
    Reports.rebuild(folder);
    assertEquals(before, artifacts(folder));
  }

  @Test
  void metricsTellOfEveryWindowAndEpoch() throws Exception {
    RunFolder folder = files("a").run("r").run(tickets, MODEL).folder();
    List<MetricsRow> rows = folder.read(Artifact.METRICS, MetricsRow.class);
    int learning = folder.read(Artifact.RUN, RunRow.class).getFirst().learning();
    assertEquals(
        2L * ((learning + 7) / 8),
        rows.stream().filter(row -> row.kind().equals("window")).count());
    for (String kind : List.of("window", "epoch")) {
      assertEquals(
          2 * learning,
          rows.stream()
              .filter(row -> row.kind().equals(kind))
              .mapToInt(row -> row.withReview().n())
              .sum());
    }
    MetricsRow last = rows.get(rows.size() - 2);
    assertEquals(60, last.withReview().n());
    int queue = folder.read(Artifact.REVIEW_QUEUE, ReviewRow.class).size();
    assertEquals(60 - queue, last.withoutReview().n());
    assertTrue(queue > 0, "some labels are wrong");
    List<GroupReportRow> report = folder.read(Artifact.REPORT, GroupReportRow.class);
    assertEquals(60, report.size());
    assertEquals(
        last.withReview().acc(), report.stream().filter(GroupReportRow::correct).count() / 60.0);
  }

  @Test
  void theLedgerTellsWhatFlipsWithoutAnItem() throws Exception {
    StageBRun run = files("a").run("r");
    assertThrows(ConfigException.class, () -> run.explain(tickets, MODEL));
    StageBRun.Result result = run.run(tickets, MODEL);
    Ledger ledger = run.explain(tickets, MODEL);
    assertEquals(
        result.guidance().items().stream().map(item -> item.key()).collect(Collectors.toSet()),
        ledger.counts().keySet());
    assertTrue(ledger.flips().stream().anyMatch(Ledger.Flip::helps), ledger::toString);
    for (Ledger.Flip flip : ledger.flips()) {
      assertFalse(flip.helps() && flip.harms());
    }
  }

  @Test
  void aReviewersDecisionCountsAndIsNoLongerSuspect() throws Exception {
    Missions files = files("a");
    RunFolder before = files.run("r").run(tickets, MODEL).folder();
    List<ReviewRow> queue = before.read(Artifact.REVIEW_QUEUE, ReviewRow.class);
    ReviewRow first = queue.getFirst();
    String other = first.label().equals("pass") ? "fail" : "pass";
    Files.writeString(
        files.folder().resolve("decisions.jsonl"),
        "{\"ticket_key\":\"%s\",\"label\":\"%s\"}\n".formatted(first.ticketKey(), other));
    Missions.write(
        files.folder(), MISSION, Missions.FIRST, SMALL + "review: {decisions: decisions.jsonl}\n");
    RunFolder after = files.run("decided").run(tickets, MODEL).folder();
    SelectionRow row =
        after.read(Artifact.SELECTIONS, SelectionRow.class).stream()
            .filter(each -> each.ticketKey().equals(first.ticketKey()))
            .findFirst()
            .orElseThrow();
    assertEquals(other, row.label());
    assertTrue(
        after.read(Artifact.REVIEW_QUEUE, ReviewRow.class).stream()
            .noneMatch(each -> each.ticketKey().equals(first.ticketKey())));
  }

  /** Answers with what was damaged at random. */
  private static final class Fuzzed implements TextGenerator {
    private static final List<String> INSERTED =
        List.of(
            "\n", "\r", "待定", "需复核", "\0", "\ud800", "\"", "}", " ", "Verdict: 通过", "证据不足", "😀");

    private final Random random = new Random(5);
    private final Set<String> answers = new HashSet<>();

    @Override
    public List<Reply> generate(List<Question> questions) {
      return MODEL.generate(questions).stream().map(this::damaged).toList();
    }

    private Reply damaged(Reply reply) {
      if (random.nextInt(3) == 0) {
        return reply;
      }
      if (random.nextInt(20) == 0) {
        return Reply.none("no answer");
      }
      StringBuilder text = new StringBuilder(reply.text());
      for (int i = random.nextInt(3); i >= 0; i--) {
        int at = random.nextInt(text.length() + 1);
        if (random.nextBoolean()) {
          text.insert(at, INSERTED.get(random.nextInt(INSERTED.size())));
        } else {
          text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(6)));
        }
      }
      answers.add(text.toString());
      return Reply.of(text.toString());
    }
  }

  @Test
  void damagedAnswersNeverEndTheLoopNorEnterTheQueue() throws Exception {
    Fuzzed fuzzed = new Fuzzed();
    List<Ticket> more = World.tickets(new World(MISSION, 4).groups("F", 120));
    StageBRun.Result result = files("a").run("r").run(more, fuzzed);
    assertTrue(fuzzed.answers.size() >= 2000, "answers: " + fuzzed.answers.size());
    RunFolder folder = result.folder();
    List<MalformedRow> failures = folder.read(Artifact.FAILURES, MalformedRow.class);
    assertFalse(failures.isEmpty());
    List<SelectionRow> selections = folder.read(Artifact.SELECTIONS, SelectionRow.class);
    Set<String> judged = new HashSet<>();
    selections.forEach(row -> judged.add("%s %d".formatted(row.ticketKey(), row.epoch())));
    for (ReviewRow row : folder.read(Artifact.REVIEW_QUEUE, ReviewRow.class)) {
      assertTrue(judged.contains("%s %d".formatted(row.ticketKey(), row.epoch())), row::toString);
    }
    List<String> told = new ArrayList<>();
    selections.forEach(row -> told.add(row.reason()));
    result.guidance().items().forEach(item -> told.add(item.text()));
    told.forEach(text -> assertTrue(Judgement.thirdState(text).isEmpty(), text));
  }
}
