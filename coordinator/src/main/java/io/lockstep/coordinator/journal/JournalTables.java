package io.lockstep.coordinator.journal;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.DatasetSums;
import io.lockstep.coordinator.KindSums;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.StepCounts;
import io.lockstep.coordinator.TermSum;
import io.lockstep.coordinator.UnreadableRecord;
import io.lockstep.coordinator.machine.JournalEntry;
import io.lockstep.coordinator.machine.Membership;
import io.lockstep.coordinator.machine.RunHistory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The tables of a journal, and how a run's history is read from them. */
final class JournalTables {

  private static final List<String> SCHEMA =
      List.of(
          """
          create table run(
            id integer primary key check (id = 1), name text not null, config text not null,
            workers integer not null, virtual_ranks integer not null, total_steps integer not null,
            started_at text not null, ended_at text, finished integer, reason text,
            drained_at integer)\
          """,
          """
          create table worlds(
            generation integer primary key, next_step integer not null, formed_at text not null)\
          """,
          """
          create table members(
            generation integer not null references worlds(generation), rank integer not null,
            worker text not null, address text not null, capability text not null,
            primary key (generation, rank))\
          """,
          """
          create table leases(
            first_step integer not null, generation integer not null references worlds(generation),
            steps integer not null, granted_at text not null,
            primary key (generation, first_step))\
          """,
          """
          create table commits(
            step integer not null, generation integer not null references worlds(generation),
            tokens integer not null, loss_sum real not null, correct integer not null,
            replaced integer not null, grad_norm real not null, buckets integer not null,
            digest integer not null, committed_at text not null, rewind integer not null,
            primary key (step, rewind))\
          """,
          """
          create table rewinds(
            id integer primary key, from_steps integer not null, to_steps integer not null,
            reason text not null, decided_at text not null)\
          """,
          """
          create table checkpoints(
            steps integer primary key, dir text not null, manifest_sha256 text not null,
            bytes integer not null, last integer not null, committed_at text not null)\
          """);

  /** Tables that journals of earlier versions lack. */
  private static final List<String> ADDITIONS =
      List.of(
          """
          create table if not exists dataset_sums(
            step integer not null, rewind integer not null, dataset integer not null,
            loss_sum real not null, tokens integer not null, correct integer not null,
            primary key (step, rewind, dataset))\
          """,
          """
          create table if not exists kind_sums(
            step integer not null, rewind integer not null, dataset integer not null,
            kind integer not null, tokens integer not null, correct integer not null,
            primary key (step, rewind, dataset, kind))\
          """,
          """
          create table if not exists term_sums(
            step integer not null, rewind integer not null, place integer not null,
            name text not null, sum real not null, normaliser integer not null,
            primary key (step, rewind, place))\
          """,
          """
          create table if not exists last_counts(
            step integer not null, rewind integer not null, name text not null,
            count integer not null, primary key (name))\
          """,
          """
          create table if not exists replaced(
            step integer not null, rewind integer not null, place integer not null,
            sample integer not null, primary key (step, rewind, place))\
          """,
          """
          create table if not exists drains(
            id integer primary key check (id = 1), asked_by text not null)\
          """,
          """
          create table if not exists unreadable(
            step integer not null, rewind integer not null, place integer not null,
            sample integer not null, what text not null, primary key (step, rewind, place))\
          """,
          """
          create table if not exists evaluations(
            steps integer primary key, generation integer not null, records integer not null,
            tokens integer not null, loss_sum text not null, correct integer not null,
            committed_at text not null)\
          """,
          """
          create table if not exists skipped_steps(
            step integer not null, rewind integer not null, loss_sum text not null,
            grad_norm text not null, primary key (step, rewind))\
          """,
          """
          create table if not exists begun_from(
            id integer primary key check (id = 1), steps integer not null,
            skipped_steps integer not null)\
          """,
          """
          create table if not exists numerics(name text primary key, value text not null)\
          """);

  private JournalTables() {}

  /** Reads one row. */
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  static void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : SCHEMA) {
        statement.execute(table);
      }
    }
    complete(connection);
  }

  /** Adds what a journal of an earlier version lacks. */
  static void complete(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String table : ADDITIONS) {
        statement.execute(table);
      }
    }
  }

  /** The run's name and progress in words, for messages about a file that is in the way. */
  static String describe(Path file) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      List<String> runs =
          query(
              connection,
              "select name, (select count(distinct step) from commits) from run where id = 1",
              row ->
                  "run '%s' with %d committed steps".formatted(row.getString(1), row.getLong(2)));
      return runs.isEmpty() ? "a journal without a run" : runs.getFirst();
    } catch (SQLException error) {
      return "a %s that can't be read (%s)".formatted(RunJournal.FILE_NAME, error.getMessage());
    }
  }

  /** All entries of the journal, in an order that rebuilds the run's history. */
  static RunHistory read(Connection connection) throws SQLException {
    RunHistory history = new RunHistory();
    query(
            connection,
            "select steps, skipped_steps from begun_from",
            row -> new JournalEntry.BegunFrom(row.getLong(1), row.getLong(2)))
        .forEach(history::add);
    List<JournalEntry.Rewound> rewinds =
        query(
            connection,
            "select from_steps, to_steps, reason from rewinds order by id",
            row -> new JournalEntry.Rewound(row.getLong(1), row.getLong(2), row.getString(3)));
    for (int rewind = 0; rewind <= rewinds.size(); rewind++) {
      List<CommittedStep> steps =
          query(
              connection,
              "select * from commits where rewind = " + rewind + " order by step",
              JournalTables::step);
      Map<Long, List<UnreadableRecord>> unreadable = unreadable(connection, rewind);
      Map<Long, Skipped> skipped = skipped(connection, rewind);
      for (int i = 0; i < steps.size(); i++) {
        // Nobody asks for the other details of the steps before the last one.
        boolean last = rewind == rewinds.size() && i == steps.size() - 1;
        CommittedStep step = last ? detailed(connection, steps.get(i), rewind) : steps.get(i);
        step = step.withUnreadable(unreadable.getOrDefault(step.step(), List.of()));
        Skipped figures = skipped.get(step.step());
        long before = history.skippedSteps();
        step =
            figures == null
                ? step.after(before)
                : step.asSkipped(figures.lossSum(), figures.gradNorm(), before + 1);
        history.add(new JournalEntry.StepCommitted(step));
      }
      if (rewind < rewinds.size()) {
        history.add(rewinds.get(rewind));
      }
    }
    query(connection, "select * from checkpoints order by steps", JournalTables::checkpoint)
        .forEach(checkpoint -> history.add(new JournalEntry.CheckpointCommitted(checkpoint)));
    evaluations(connection)
        .forEach(evaluation -> history.add(new JournalEntry.EvaluationCommitted(evaluation)));
    lastMembers(connection).ifPresent(history::add);
    SortedMap<String, String> numerics = new TreeMap<>();
    query(
        connection,
        "select name, value from numerics",
        row -> numerics.put(row.getString(1), row.getString(2)));
    history.add(new JournalEntry.NumericsFixed(new Numerics(numerics)));
    query(
            connection,
            "select drained_at, coalesce((select asked_by from drains), 'somebody') from run"
                + " where drained_at is not null",
            row -> new JournalEntry.DrainAccepted(row.getLong(1), row.getString(2)))
        .forEach(history::add);
    query(
            connection,
            "select finished, reason from run where ended_at is not null",
            row -> new RunOutcome(row.getBoolean(1), row.getString(2), 0, Optional.empty()))
        .forEach(outcome -> history.add(new JournalEntry.RunEnded(outcome)));
    return history;
  }

  /** The evaluations, oldest first. Sums are texts: a database keeps no NaN. */
  private static List<CommittedEvaluation> evaluations(Connection connection) throws SQLException {
    return query(
        connection,
        "select generation, steps, records, tokens, loss_sum, correct from evaluations order by"
            + " steps",
        row ->
            new CommittedEvaluation(
                row.getLong(1),
                row.getLong(2),
                row.getInt(3),
                row.getLong(4),
                Double.parseDouble(row.getString(5)),
                row.getLong(6)));
  }

  /** Figures of a skipped step, which a database keeps as texts, since it has no NaN. */
  private record Skipped(double lossSum, double gradNorm) {}

  private static Map<Long, Skipped> skipped(Connection connection, int rewind) throws SQLException {
    Map<Long, Skipped> skipped = new HashMap<>();
    query(
        connection,
        "select step, loss_sum, grad_norm from skipped_steps where rewind = " + rewind,
        row ->
            skipped.put(
                row.getLong(1),
                new Skipped(
                    Double.parseDouble(row.getString(2)), Double.parseDouble(row.getString(3)))));
    return skipped;
  }

  /** The committed steps that were skipped, ascending. */
  static List<Long> skippedSteps(Connection connection) throws SQLException {
    return query(
        connection,
        "select step from skipped_steps where not exists (select 1 from rewinds where rewinds.id >"
            + " skipped_steps.rewind and rewinds.to_steps <= skipped_steps.step) order by step",
        row -> row.getLong(1));
  }

  static long rewinds(Connection connection) throws SQLException {
    return query(connection, "select count(*) from rewinds", row -> row.getLong(1)).getFirst();
  }

  private static Optional<JournalEntry.MembershipFormed> lastMembers(Connection connection)
      throws SQLException {
    List<Membership.Participant> members =
        query(
            connection,
            "select worker, address, capability from members"
                + " where generation = (select max(generation) from worlds) order by rank",
            row ->
                new Membership.Participant(row.getString(1), row.getString(2), row.getString(3)));
    return query(
            connection,
            "select generation, next_step from worlds order by generation desc limit 1",
            row -> new JournalEntry.MembershipFormed(row.getLong(1), row.getLong(2), members))
        .stream()
        .findFirst();
  }

  /** Records that couldn't be read, by step, in their order. */
  private static Map<Long, List<UnreadableRecord>> unreadable(Connection connection, int rewind)
      throws SQLException {
    Map<Long, List<UnreadableRecord>> bySteps = new HashMap<>();
    query(
        connection,
        "select step, sample, what from unreadable where rewind = "
            + rewind
            + " order by step, place",
        row ->
            bySteps
                .computeIfAbsent(row.getLong(1), step -> new ArrayList<>())
                .add(new UnreadableRecord(row.getLong(2), row.getString(3))));
    return bySteps;
  }

  /** A step with its figures from the other tables. */
  private static CommittedStep detailed(Connection connection, CommittedStep step, int rewind)
      throws SQLException {
    String where = " where step = %d and rewind = %d order by ".formatted(step.step(), rewind);
    Map<Integer, List<KindSums>> kinds = new HashMap<>();
    query(
        connection,
        "select dataset, kind, tokens, correct from kind_sums" + where + "dataset, kind",
        row ->
            kinds
                .computeIfAbsent(row.getInt(1), dataset -> new ArrayList<>())
                .add(new KindSums(row.getInt(2), row.getLong(3), row.getLong(4))));
    return new CommittedStep(
            step.generation(),
            step.step(),
            step.tokens(),
            step.lossSum(),
            step.correctTokens(),
            query(
                connection, "select sample from replaced" + where + "place", row -> row.getLong(1)),
            step.gradNorm(),
            step.buckets(),
            step.digest(),
            query(
                connection,
                "select dataset, loss_sum, tokens, correct from dataset_sums" + where + "dataset",
                row ->
                    new DatasetSums(
                        row.getInt(1),
                        row.getDouble(2),
                        row.getLong(3),
                        row.getLong(4),
                        kinds.getOrDefault(row.getInt(1), List.of()))))
        .withTerms(
            query(
                connection,
                "select name, sum, normaliser from term_sums" + where + "place",
                row -> new TermSum(row.getString(1), row.getDouble(2), row.getLong(3))))
        .withCounts(counts(connection, where));
  }

  private static StepCounts counts(Connection connection, String where) throws SQLException {
    SortedMap<String, Long> counts = new TreeMap<>();
    query(
        connection,
        "select name, count from last_counts" + where + "name",
        row -> counts.put(row.getString(1), row.getLong(2)));
    return new StepCounts(counts);
  }

  /** How often each over-length sample was replaced in the committed steps, by its number. */
  static SortedMap<Long, Long> replaced(Connection connection) throws SQLException {
    SortedMap<Long, Long> times = new TreeMap<>();
    query(
        connection,
        "select sample, count(*) from replaced where not exists (select 1 from rewinds where"
            + " rewinds.id > replaced.rewind and rewinds.to_steps <= replaced.step) group by"
            + " sample",
        row -> times.put(row.getLong(1), row.getLong(2)));
    return times;
  }

  /** How often each unreadable record was replaced in the committed steps, by its number. */
  static SortedMap<UnreadableRecord, Long> unreadable(Connection connection) throws SQLException {
    SortedMap<UnreadableRecord, Long> times =
        new TreeMap<>(Comparator.comparingLong(UnreadableRecord::sample));
    query(
        connection,
        "select sample, min(what), count(*) from unreadable where not exists (select 1 from rewinds"
            + " where rewinds.id > unreadable.rewind and rewinds.to_steps <= unreadable.step)"
            + " group by sample",
        row -> times.put(new UnreadableRecord(row.getLong(1), row.getString(2)), row.getLong(3)));
    return times;
  }

  private static CommittedStep step(ResultSet row) throws SQLException {
    return new CommittedStep(
        row.getLong("generation"),
        row.getLong("step"),
        row.getLong("tokens"),
        row.getDouble("loss_sum"),
        row.getLong("correct"),
        List.of(),
        row.getDouble("grad_norm"),
        row.getInt("buckets"),
        (int) row.getLong("digest"),
        List.of());
  }

  private static CommittedCheckpoint checkpoint(ResultSet row) throws SQLException {
    return new CommittedCheckpoint(
        row.getLong("steps"),
        Path.of(row.getString("dir")),
        row.getString("manifest_sha256"),
        row.getLong("bytes"),
        row.getBoolean("last"));
  }

  /** Carries out a statement that answers nothing. */
  static void update(Connection connection, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }

  static <T> List<T> query(Connection connection, String sql, Row<T> reader) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<T> rows = new ArrayList<>();
      while (result.next()) {
        rows.add(reader.read(result));
      }
      return rows;
    }
  }
}
