package io.lockstep.coordinator.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.DatasetSums;
import io.lockstep.coordinator.EarlyStopping;
import io.lockstep.coordinator.EvaluationMetric;
import io.lockstep.coordinator.EvaluationPlan;
import io.lockstep.coordinator.KindSums;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.StepCounts;
import io.lockstep.coordinator.StepInterval;
import io.lockstep.coordinator.TermSum;
import io.lockstep.coordinator.UnreadableRecord;
import io.lockstep.coordinator.machine.JournalEntry;
import io.lockstep.coordinator.machine.Membership;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunJournalTest {
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-01T12:00:00Z"), ZoneOffset.UTC);
  private static final CommittedStep STEP =
      new CommittedStep(
              1,
              0,
              20,
              8.5,
              10,
              List.of(7L, 9L, 7L),
              3.25,
              2,
              -2,
              List.of(
                  new DatasetSums(
                      0, 8.0, 15, 9, List.of(new KindSums(1, 4, 3), new KindSums(3, 10, 6))),
                  new DatasetSums(2, 0.5, 5, 1)))
          .withTerms(
              List.of(new TermSum("cross_entropy", 8.25, 20), new TermSum("router_aux", 2.5, 4)));

  @TempDir Path out;

  @Test
  void theCourseOfARunIsReadBesideItsCoordinator() {
    assertEquals(Optional.empty(), RunTimeline.read(out.resolve("nowhere")));
    try (RunJournal journal = create()) {
      journal.append(
          new JournalEntry.MembershipFormed(
              1,
              0,
              List.of(
                  new Membership.Participant("a", "h:1", "AVX2"),
                  new Membership.Participant("b", "h:2", "AVX2"))));
      journal.append(new JournalEntry.StepCommitted(STEP));
      journal.append(
          new JournalEntry.CheckpointCommitted(
              new CommittedCheckpoint(1, Path.of("/run/step"), "ab", 77, false)));
      journal.append(
          new JournalEntry.MembershipFormed(
              2, 1, List.of(new Membership.Participant("b", "h:2", "AVX2"))));
      RunTimeline now = RunTimeline.read(out).orElseThrow();
      assertEquals(Optional.empty(), now.end());
      assertEquals(
          new RunTimeline.Epoch(
              1,
              0,
              NOON.instant(),
              List.of("a", "b"),
              1,
              Optional.of(NOON.instant()),
              Optional.of(NOON.instant())),
          now.epochs().getFirst());
      assertEquals(List.of("b"), now.epochs().getLast().members());
      assertEquals(Optional.empty(), now.epochs().getLast().firstCommit());
      assertEquals(
          List.of(new RunTimeline.Checkpoint(NOON.instant(), 1, Path.of("/run/step"), 77, false)),
          now.checkpoints());
      journal.append(new JournalEntry.Rewound(1, 0, "b was lost"));
      journal.append(
          new JournalEntry.RunEnded(new RunOutcome(false, "no worker left", 0, Optional.empty())));
    }
    RunTimeline after = RunTimeline.read(out).orElseThrow();
    assertEquals(
        List.of(new RunTimeline.Rewind(NOON.instant(), 1, 0, "b was lost")), after.rewinds());
    assertEquals(
        Optional.of(new RunTimeline.End(NOON.instant(), false, "no worker left")), after.end());
  }

  @Test
  void everyKindOfEntryIsReadBackAsWritten() throws Exception {
    try (RunJournal journal = create()) {
      journal.append(
          new JournalEntry.MembershipFormed(
              1, 0, List.of(new Membership.Participant("a", "h:1", "AVX2"))));
      journal.append(new JournalEntry.LeaseGranted(1, 0, 8));
      journal.append(new JournalEntry.StepCommitted(STEP));
      journal.append(
          new JournalEntry.CheckpointCommitted(
              new CommittedCheckpoint(1, Path.of("/run/step"), "ab", 77, true)));
      journal.append(new JournalEntry.DrainAccepted(7, "ann"));
      journal.append(
          new JournalEntry.RunEnded(new RunOutcome(true, "all done", 1, Optional.empty())));
    }
    String noon = "2026-01-01T12:00:00Z";
    assertEquals(
        List.of("1|test|run: test\n|1|4|9|" + noon + "|" + noon + "|1|all done|7"), rows("run"));
    assertEquals(List.of("1|0|" + noon), rows("worlds"));
    assertEquals(List.of("1|0|a|h:1|AVX2"), rows("members"));
    assertEquals(List.of("0|1|8|" + noon), rows("leases"));
    assertEquals(List.of("0|1|20|8.5|10|3|3.25|2|4294967294|" + noon + "|0"), rows("commits"));
    assertEquals(List.of("1|/run/step|ab|77|1|" + noon), rows("checkpoints"));
  }

  @Test
  void unreadableRecordsOfTheStepsThatCountAreCounted() throws Exception {
    List<UnreadableRecord> records =
        List.of(new UnreadableRecord(7, "f:8: damaged"), new UnreadableRecord(3, "f:4: gone"));
    try (RunJournal journal = create()) {
      journal.append(new JournalEntry.MembershipFormed(1, 0, List.of()));
      journal.append(new JournalEntry.StepCommitted(STEP.withUnreadable(records)));
    }
    assertEquals(Map.of(records.get(1), 1L, records.get(0), 1L), RunJournal.unreadable(out));
    assertEquals(List.of("0|0|0|7|f:8: damaged", "0|0|1|3|f:4: gone"), rows("unreadable"));
  }

  @Test
  void countsOfTheLastStepAloneAreKeptAndReadBack() throws Exception {
    StepCounts first = new StepCounts(new TreeMap<>(Map.of("aug/hflip_applied", 2L)));
    StepCounts second = new StepCounts(new TreeMap<>(Map.of("padding_tokens", 7L)));
    CommittedStep next =
        new CommittedStep(1, 1, 20, 8.5, 10, List.of(), 3.25, 2, -2, List.of()).withCounts(second);
    try (RunJournal journal = create()) {
      journal.append(new JournalEntry.MembershipFormed(1, 0, List.of()));
      journal.append(new JournalEntry.StepCommitted(STEP.withCounts(first)));
      journal.append(new JournalEntry.StepCommitted(next));
    }
    assertEquals(List.of("1|0|padding_tokens|7"), rows("last_counts"));
    try (RunJournal journal = RunJournal.open(Plans.plan(out, 1, 9, 0), NOON)) {
      assertEquals(next, journal.history().lastStep().orElseThrow());
    }
  }

  @Test
  void evaluationsAreReadBackToTheBitAndGoWithTheStepsTheyAreOf() {
    CommittedEvaluation first = new CommittedEvaluation(1, 1, 3, 9, 0.1 + 0.2, 4);
    CommittedEvaluation none = new CommittedEvaluation(1, 2, 0, 0, Double.NaN, 0);
    try (RunJournal journal = create()) {
      journal.append(new JournalEntry.MembershipFormed(1, 0, List.of()));
      journal.append(new JournalEntry.StepCommitted(STEP));
      journal.append(new JournalEntry.EvaluationCommitted(first));
      journal.append(new JournalEntry.EvaluationCommitted(none));
    }
    try (RunJournal journal = RunJournal.open(Plans.plan(out, 1, 9, 0), NOON)) {
      assertEquals(List.of(first, none), journal.history().evaluations());
      journal.append(new JournalEntry.Rewound(2, 1, "lost"));
    }
    try (RunJournal journal = RunJournal.open(Plans.plan(out, 1, 9, 0), NOON)) {
      assertEquals(List.of(first), journal.history().evaluations());
    }
  }

  @Test
  void runThatEvaluationsEndedGoesOnWithMorePatienceAlone() {
    try (RunJournal journal = create()) {
      journal.append(new JournalEntry.MembershipFormed(1, 0, List.of()));
      journal.append(new JournalEntry.StepCommitted(STEP));
      journal.append(
          new JournalEntry.EvaluationCommitted(new CommittedEvaluation(1, 1, 0, 0, Double.NaN, 0)));
      journal.append(
          new JournalEntry.RunEnded(new RunOutcome(true, "stopped early", 1, Optional.empty())));
    }
    RunRefusedException refusal =
        assertThrows(RunRefusedException.class, () -> RunJournal.open(patient(1), NOON));
    assertTrue(
        refusal.reason().contains("was stopped early after step 1 of 9: raise training."),
        refusal.reason());
    try (RunJournal journal = RunJournal.open(patient(2), NOON)) {
      assertTrue(journal.history().outcome().isEmpty());
    }
  }

  private RunPlan patient(int patience) {
    return Plans.plan(out, 1, 9, 0).toBuilder()
        .evaluations(
            new EvaluationPlan(
                3,
                new StepInterval(1, 0),
                EvaluationMetric.LOSS,
                Optional.of(new EarlyStopping(patience, 0))))
        .build();
  }

  @Test
  void skippedStepsAreReadBackWithFiguresThatADatabaseLacks() {
    CommittedStep skipped = STEP.asSkipped(Double.NaN, Double.POSITIVE_INFINITY, 3);
    try (RunJournal journal = create()) {
      journal.append(new JournalEntry.BegunFrom(0, 2));
      journal.append(new JournalEntry.MembershipFormed(1, 0, List.of()));
      journal.append(new JournalEntry.StepCommitted(skipped));
      assertEquals(Optional.empty(), journal.meanLoss(0, 1));
    }
    assertEquals(List.of(0L), RunJournal.skippedSteps(out));
    try (RunJournal journal = RunJournal.open(Plans.plan(out, 1, 9, 0), NOON)) {
      assertEquals(Optional.of(skipped), journal.history().lastStep());
      assertEquals(3, journal.history().skippedSteps());
      journal.append(new JournalEntry.Rewound(1, 0, "lost"));
      journal.append(new JournalEntry.StepCommitted(STEP));
      assertEquals(Optional.of(8.5 / 20), journal.meanLoss(0, 1));
    }
    assertEquals(List.of(), RunJournal.skippedSteps(out));
  }

  @Test
  void entryIsThereForOthersBeforeTheJournalIsClosed() throws Exception {
    try (RunJournal journal = create()) {
      journal.append(new JournalEntry.MembershipFormed(1, 0, List.of()));
      journal.append(new JournalEntry.StepCommitted(STEP));
      assertEquals(1, rows("commits").size());
    }
  }

  @Test
  void stepIsNeverCommittedTwice() {
    try (RunJournal journal = create()) {
      journal.append(new JournalEntry.MembershipFormed(1, 0, List.of()));
      journal.append(new JournalEntry.StepCommitted(STEP));
      RunRefusedException refusal =
          assertThrows(
              RunRefusedException.class,
              () -> journal.append(new JournalEntry.StepCommitted(STEP)));
      assertTrue(refusal.reason().startsWith("the journal can't be written"), refusal.reason());
    }
  }

  @Test
  void journalIsWrittenAheadAndSynced() throws Exception {
    try (RunJournal journal = create()) {
      journal.append(new JournalEntry.MembershipFormed(1, 0, List.of()));
      assertEquals(List.of("wal"), query("pragma journal_mode"));
    }
  }

  @Test
  void configurationLiesBesideTheJournal() throws Exception {
    create().close();
    assertEquals("run: test\n", Files.readString(out.resolve("run.yaml")));
  }

  @Test
  void folderThatHoldsARunIsRefusedWithItsNameAndProgress() {
    try (RunJournal journal = create()) {
      journal.append(new JournalEntry.MembershipFormed(1, 0, List.of()));
      journal.append(new JournalEntry.StepCommitted(STEP));
    }
    RunRefusedException refusal = assertThrows(RunRefusedException.class, this::create);
    assertEquals(
        out
            + " already holds run 'test' with 1 committed steps; go on with it by --resume, or choose another --out",
        refusal.reason());
  }

  @Test
  void fileThatIsNoJournalIsLeftAlone() throws Exception {
    Path file = out.resolve(RunJournal.FILE_NAME);
    Files.writeString(file, "not a database, but long enough to look like one");
    RunRefusedException refusal = assertThrows(RunRefusedException.class, this::create);
    assertTrue(refusal.reason().contains("journal.db that can't be read"), refusal.reason());
    assertEquals("not a database, but long enough to look like one", Files.readString(file));
  }

  @Test
  void folderThatCannotBeCreatedIsOneClearLine() throws Exception {
    Path file = Files.writeString(out.resolve("file"), "");
    RunRefusedException refusal =
        assertThrows(
            RunRefusedException.class,
            () -> RunJournal.create(Plans.plan(file.resolve("run"), 1, 9, 0), NOON));
    assertTrue(refusal.reason().startsWith("can't create the journal "), refusal.reason());
  }

  private RunJournal create() {
    return RunJournal.create(Plans.plan(out, 1, 9, 0), NOON);
  }

  private List<String> rows(String table) throws SQLException {
    return query("select * from " + table);
  }

  private List<String> query(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + out.resolve(RunJournal.FILE_NAME));
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> rows = new ArrayList<>();
      while (result.next()) {
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          columns.add(result.getString(i));
        }
        rows.add(String.join("|", columns));
      }
      return rows;
    }
  }
}
