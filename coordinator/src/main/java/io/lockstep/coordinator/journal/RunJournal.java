package io.lockstep.coordinator.journal;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.machine.JournalEntry;
import io.lockstep.coordinator.machine.WorldMember;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * The journal of one run: an SQLite file in which every entry is on disk before {@link #append}
 * returns. Confined to one thread at a time. Times are ISO-8601 in UTC.
 */
public final class RunJournal implements AutoCloseable {

  /** Name of the journal in the run folder. */
  public static final String FILE_NAME = "journal.db";

  /** Name of the run's configuration beside it. */
  private static final String CONFIG_NAME = "run.yaml";

  private static final List<String> SCHEMA =
      List.of(
          """
          create table run(
            id integer primary key check (id = 1), name text not null, config text not null,
            workers integer not null, virtual_ranks integer not null, total_steps integer not null,
            started_at text not null, ended_at text, finished integer, reason text)\
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
            step integer primary key, generation integer not null references worlds(generation),
            tokens integer not null, loss_sum real not null, correct integer not null,
            replaced integer not null, grad_norm real not null, buckets integer not null,
            digest integer not null, committed_at text not null)\
          """,
          """
          create table checkpoints(
            steps integer primary key, dir text not null, manifest_sha256 text not null,
            bytes integer not null, last integer not null, committed_at text not null)\
          """);

  /** What an entry survives. */
  private enum Durability {
    PROCESS("normal"),
    MACHINE("full");

    private final String pragma;

    Durability(String pragma) {
      this.pragma = pragma;
    }

    static Durability of(JournalEntry entry) {
      return switch (entry) {
        case JournalEntry.StepCommitted step -> PROCESS;
        case JournalEntry.LeaseGranted lease -> PROCESS;
        case JournalEntry.WorldFormed world -> MACHINE;
        case JournalEntry.CheckpointCommitted checkpoint -> MACHINE;
        case JournalEntry.RunEnded ended -> MACHINE;
      };
    }
  }

  private final Connection connection;
  private final Clock clock;
  private Durability durability = Durability.MACHINE;

  private RunJournal(Connection connection, Clock clock) {
    this.connection = connection;
    this.clock = clock;
  }

  /**
   * Refuses a run folder that holds a run already.
   *
   * @throws RunRefusedException naming that run
   */
  public static void requireUnused(Path runFolder) {
    Path file = runFolder.resolve(FILE_NAME);
    if (Files.exists(file)) {
      throw new RunRefusedException(
          runFolder + " already holds " + describe(file) + "; choose another --out");
    }
  }

  /**
   * Creates the journal of a new run with its configuration beside it, and the run folder where it
   * is missing.
   *
   * @throws RunRefusedException if the folder holds a run already or can't be written
   */
  public static RunJournal create(RunPlan plan, Clock clock) {
    requireUnused(plan.outputDir());
    Path file = plan.outputDir().resolve(FILE_NAME);
    try {
      Files.createDirectories(plan.outputDir());
      Files.writeString(plan.outputDir().resolve(CONFIG_NAME), plan.runConfigYaml());
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try {
        return initialize(connection, plan, clock);
      } catch (SQLException error) {
        connection.close();
        throw error;
      }
    } catch (IOException | SQLException error) {
      throw new RunRefusedException(
          "can't create the journal " + file + ": " + error.getMessage() + "; choose another --out",
          error);
    }
  }

  private static RunJournal initialize(Connection connection, RunPlan plan, Clock clock)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("pragma journal_mode = wal");
      statement.execute("pragma synchronous = " + Durability.MACHINE.pragma);
      statement.execute("pragma foreign_keys = on");
    }
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      for (String table : SCHEMA) {
        statement.execute(table);
      }
    }
    RunJournal journal = new RunJournal(connection, clock);
    journal.insert(
        "insert into run(id, name, config, workers, virtual_ranks, total_steps, started_at)"
            + " values (1, ?, ?, ?, ?, ?, ?)",
        plan.name(),
        plan.runConfigYaml(),
        plan.workers(),
        plan.virtualRanks(),
        plan.totalSteps(),
        journal.now());
    connection.commit();
    return journal;
  }

  /**
   * Keeps an entry, whatever becomes of this process. Leases and steps, of which there are many,
   * may be lost if the whole machine goes down: what they led to since the last checkpoint is lost
   * with it and computed again, to the bit. Everything else is on the disk when this returns.
   *
   * @throws RunRefusedException if it can't be written; nothing of it is then kept
   */
  public void append(JournalEntry entry) {
    try {
      synchronise(Durability.of(entry));
      write(entry);
      connection.commit();
    } catch (SQLException error) {
      throw new RunRefusedException(
          "the journal can't be written: " + error.getMessage() + "; see that its disk has room",
          error);
    }
  }

  /**
   * Mean training loss per token over the committed steps [from, to), in nats.
   *
   * @return empty if none of them is in the journal
   */
  public Optional<Double> meanLoss(long from, long to) {
    String query = "select sum(loss_sum), sum(tokens) from commits where step >= ? and step < ?";
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setLong(1, from);
      statement.setLong(2, to);
      try (ResultSet row = statement.executeQuery()) {
        double lossSum = row.next() ? row.getDouble(1) : 0;
        long tokens = row.getLong(2);
        return tokens == 0 ? Optional.empty() : Optional.of(lossSum / tokens);
      }
    } catch (SQLException error) {
      throw new RunRefusedException("the journal can't be read: " + error.getMessage(), error);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException error) {
      throw new RunRefusedException("the journal can't be closed: " + error.getMessage(), error);
    }
  }

  /** Tells the database, between two transactions, how far the next one has to get. */
  private void synchronise(Durability next) throws SQLException {
    if (next == durability) {
      return;
    }
    connection.setAutoCommit(true);
    try (Statement statement = connection.createStatement()) {
      statement.execute("pragma synchronous = " + next.pragma);
    }
    connection.setAutoCommit(false);
    durability = next;
  }

  private void write(JournalEntry entry) throws SQLException {
    switch (entry) {
      case JournalEntry.WorldFormed world -> writeWorld(world);
      case JournalEntry.LeaseGranted lease ->
          insert(
              "insert into leases(generation, first_step, steps, granted_at) values (?, ?, ?, ?)",
              lease.generation(),
              lease.firstStep(),
              lease.steps(),
              now());
      case JournalEntry.StepCommitted committed -> writeStep(committed.step());
      case JournalEntry.CheckpointCommitted committed -> writeCheckpoint(committed.checkpoint());
      case JournalEntry.RunEnded ended -> writeEnd(ended.outcome());
    }
  }

  private void writeWorld(JournalEntry.WorldFormed world) throws SQLException {
    insert(
        "insert into worlds(generation, next_step, formed_at) values (?, ?, ?)",
        world.generation(),
        world.nextStep(),
        now());
    int rank = 0;
    for (WorldMember member : world.members()) {
      insert(
          "insert into members(generation, rank, worker, address, capability)"
              + " values (?, ?, ?, ?, ?)",
          world.generation(),
          rank++,
          member.name(),
          member.address(),
          member.capability());
    }
  }

  private void writeStep(CommittedStep step) throws SQLException {
    insert(
        "insert into commits(step, generation, tokens, loss_sum, correct, replaced, grad_norm,"
            + " buckets, digest, committed_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        step.step(),
        step.generation(),
        step.tokens(),
        step.lossSum(),
        step.correctTokens(),
        step.replacedSamples(),
        step.gradNorm(),
        step.buckets(),
        Integer.toUnsignedLong(step.digest()),
        now());
  }

  private void writeCheckpoint(CommittedCheckpoint checkpoint) throws SQLException {
    insert(
        "insert into checkpoints(steps, dir, manifest_sha256, bytes, last, committed_at)"
            + " values (?, ?, ?, ?, ?, ?)",
        checkpoint.steps(),
        checkpoint.dir().toString(),
        checkpoint.manifestSha256(),
        checkpoint.bytes(),
        checkpoint.last(),
        now());
  }

  private void writeEnd(RunOutcome outcome) throws SQLException {
    insert(
        "update run set ended_at = ?, finished = ?, reason = ? where id = 1",
        now(),
        outcome.finished(),
        outcome.reason());
  }

  private void insert(String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }

  private String now() {
    return clock.instant().toString();
  }

  private static String describe(Path file) {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select name, (select count(*) from commits) from run where id = 1")) {
      return row.next()
          ? "run '%s' with %d committed steps".formatted(row.getString(1), row.getLong(2))
          : "a journal without a run";
    } catch (SQLException error) {
      return "a " + FILE_NAME + " that can't be read (" + error.getMessage() + ")";
    }
  }
}
