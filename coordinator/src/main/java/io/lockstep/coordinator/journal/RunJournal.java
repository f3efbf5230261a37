package io.lockstep.coordinator.journal;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunRefusedException;
import io.lockstep.coordinator.UnreadableRecord;
import io.lockstep.coordinator.machine.JournalEntry;
import io.lockstep.coordinator.machine.Membership;
import io.lockstep.coordinator.machine.RunHistory;
import io.lockstep.data.file.FileWrites;
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
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;

/**
 * The journal of one run: an SQLite file in which every entry is on disk before {@link #append}
 * returns. Confined to one thread at a time. Times are ISO-8601 in UTC.
 */
public final class RunJournal implements AutoCloseable {

  /** Name of the journal in the run folder. */
  public static final String FILE_NAME = "journal.db";

  /** Name of the run's configuration beside it. */
  private static final String CONFIG_NAME = "run.yaml";

  /** What an entry survives: the end of this process, or a power cut too. */
  private enum Durability {
    PROCESS("normal"),
    MACHINE("full");

    private final String pragma;

    Durability(String pragma) {
      this.pragma = pragma;
    }

    static Durability of(JournalEntry entry) {
      return switch (entry) {
        case JournalEntry.StepCommitted _, JournalEntry.LeaseGranted _ -> PROCESS;
        case JournalEntry.MembershipFormed _,
            JournalEntry.NumericsFixed _,
            JournalEntry.Rewound _,
            JournalEntry.CheckpointCommitted _,
            JournalEntry.EvaluationCommitted _,
            JournalEntry.BegunFrom _,
            JournalEntry.DrainAccepted _,
            JournalEntry.RunEnded _,
            JournalEntry.RunResumed _ ->
            MACHINE;
      };
    }
  }

  private final Path file;
  private final RunLock lock;
  private final Connection connection;
  private final Clock clock;
  private final RunHistory history;
  private Durability durability = Durability.MACHINE;

  /** How often the run went back to a checkpoint; a step is committed at most once between two. */
  private long rewinds;

  private RunJournal(
      Path file, RunLock lock, Connection connection, Clock clock, RunHistory history) {
    this.file = file;
    this.lock = lock;
    this.connection = connection;
    this.clock = clock;
    this.history = history;
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
          "%s already holds %s; go on with it by --resume, or choose another --out"
              .formatted(runFolder, JournalTables.describe(file)));
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
    return opened(plan, clock, RunJournal::initialize);
  }

  /**
   * Opens the journal of a run that has not reached its last step, to go on with it.
   *
   * @throws RunRefusedException if there is none, it has finished, or another process has it open
   */
  public static RunJournal open(RunPlan plan, Clock clock) {
    Path file = plan.outputDir().resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      throw new RunRefusedException(
          "there is no run to go on with in %s: leave out --resume to start one"
              .formatted(plan.outputDir()));
    }
    return opened(plan, clock, RunJournal::continued);
  }

  /** Makes a journal of a connection. */
  private interface Opening {
    RunJournal open(RunLock lock, Connection connection, RunPlan plan, Clock clock)
        throws SQLException;
  }

  private static RunJournal opened(RunPlan plan, Clock clock, Opening opening) {
    Path file = plan.outputDir().resolve(FILE_NAME);
    RunLock lock = RunLock.acquire(plan.outputDir());
    try {
      Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
      try {
        return opening.open(lock, connection, plan, clock);
      } catch (SQLException | RuntimeException error) {
        connection.close();
        throw error;
      }
    } catch (SQLException error) {
      lock.close();
      throw new RunRefusedException(
          "can't open the journal %s: %s (%s); choose another --out"
              .formatted(file, error.getMessage(), FileWrites.room(file)),
          error);
    } catch (RuntimeException error) {
      lock.close();
      throw error;
    }
  }

  private static RunJournal initialize(
      RunLock lock, Connection connection, RunPlan plan, Clock clock) throws SQLException {
    prepare(connection);
    JournalTables.create(connection);
    keepConfiguration(plan);
    RunJournal journal =
        new RunJournal(
            plan.outputDir().resolve(FILE_NAME), lock, connection, clock, new RunHistory());
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

  /** Keeps the configuration that the run began with beside its journal. */
  private static void keepConfiguration(RunPlan plan) {
    Path file = plan.outputDir().resolve(CONFIG_NAME);
    try {
      FileWrites.text(file, plan.runConfigYaml());
    } catch (IOException error) {
      throw new RunRefusedException(error.getMessage() + "; choose another --out", error);
    }
  }

  private static RunJournal continued(
      RunLock lock, Connection connection, RunPlan plan, Clock clock) throws SQLException {
    prepare(connection);
    JournalTables.complete(connection);
    RunHistory history = JournalTables.read(connection);
    if (history.outcome().isPresent() && history.committed() >= plan.totalSteps()) {
      throw new RunRefusedException(
          "the run in %s has ended after all its %d steps: choose another --out"
              .formatted(plan.outputDir(), history.committed()));
    }
    requireUnstopped(plan, history);
    if (!storedConfig(connection).equals(plan.runConfigYaml())) {
      // Steps that are computed again by another recipe need not give the gradients of before.
      history.forgetDigests();
    }
    RunJournal journal =
        new RunJournal(plan.outputDir().resolve(FILE_NAME), lock, connection, clock, history);
    journal.rewinds = JournalTables.rewinds(connection);
    journal.insert(
        "update run set virtual_ranks = ?, total_steps = ? where id = 1",
        plan.virtualRanks(),
        plan.totalSteps());
    connection.commit();
    if (history.outcome().isPresent()) {
      journal.append(new JournalEntry.RunResumed());
      history.add(new JournalEntry.RunResumed());
    }
    return journal;
  }

  /** A run that evaluations ended has nothing more to do unless it is given more patience. */
  private static void requireUnstopped(RunPlan plan, RunHistory history) {
    OptionalLong stopped = plan.evaluations().stopsAt(history.evaluations());
    if (history.outcome().isPresent()
        && stopped.isPresent()
        && stopped.getAsLong() <= history.committed()) {
      throw new RunRefusedException(
          "the run in %s was stopped early after step %d of %d: raise training.early_stopping_patience to go on, or choose another --out"
              .formatted(plan.outputDir(), stopped.getAsLong(), plan.totalSteps()));
    }
  }

  private static String storedConfig(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select config from run where id = 1")) {
      return row.next() ? row.getString(1) : "";
    }
  }

  private static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("pragma journal_mode = wal");
      statement.execute("pragma synchronous = " + Durability.MACHINE.pragma);
      statement.execute("pragma foreign_keys = on");
    }
    connection.setAutoCommit(false);
  }

  /**
   * Lets the run go on with other numerics than before; the next generation's become the run's.
   *
   * @param acknowledged keys such as {@code numerics.threads}; other keys are ignored
   */
  public void release(Set<String> acknowledged) {
    Numerics kept = history.numerics().without(acknowledged);
    if (!kept.equals(history.numerics())) {
      keep(kept);
      // Steps that are computed again need not give the gradients of before.
      history.forgetDigests();
    }
  }

  /** Makes these the run's numerics before any worker has joined. */
  public void keep(Numerics numerics) {
    JournalEntry.NumericsFixed entry = new JournalEntry.NumericsFixed(numerics);
    append(entry);
    history.add(entry);
  }

  /** What the journal held when it was opened; the machine adds what comes after. */
  public RunHistory history() {
    return history;
  }

  /**
   * Makes an entry durable: it survives the end of this process. Leases and steps, of which there
   * are many, may be lost in a power cut: the steps since the last checkpoint are then computed
   * again, with the same bits. All other entries are synced to the disk when this returns.
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
          "the journal can't be written: %s; see that the disk of %s has room (%s), then go on with --resume"
              .formatted(error.getMessage(), file, FileWrites.room(file)),
          error);
    }
  }

  /**
   * Mean training loss per token over the committed steps [from, to) that were not skipped, in
   * nats.
   *
   * @return empty if none of them is in the journal
   */
  public Optional<Double> meanLoss(long from, long to) {
    // Of a step that was committed again, the row with the largest rewind.
    String query =
        "select sum(loss_sum), sum(tokens) from (select step, loss_sum, tokens, max(rewind) as newest"
            + " from commits where step >= ? and step < ? group by step) as latest where not exists (select 1"
            + " from skipped_steps as skipped where skipped.step = latest.step and skipped.rewind = latest.newest)";
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

  /**
   * The records of the run in a folder that couldn't be read: how often each was replaced in the
   * committed steps.
   */
  public static SortedMap<UnreadableRecord, Long> unreadable(Path runFolder) {
    Path file = runFolder.resolve(FILE_NAME);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      return JournalTables.unreadable(connection);
    } catch (SQLException error) {
      throw new RunRefusedException(
          "the journal " + file + " can't be read: " + error.getMessage(), error);
    }
  }

  /** The committed steps of the run in a folder that were skipped, ascending. */
  public static List<Long> skippedSteps(Path runFolder) {
    Path file = runFolder.resolve(FILE_NAME);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      JournalTables.complete(connection);
      return JournalTables.skippedSteps(connection);
    } catch (SQLException error) {
      throw new RunRefusedException(
          "the journal " + file + " can't be read: " + error.getMessage(), error);
    }
  }

  /**
   * The over-length samples of the run in a folder: how often each gave way to another one in the
   * committed steps, by its number among the run's records.
   */
  public static SortedMap<Long, Long> replaced(Path runFolder) {
    Path file = runFolder.resolve(FILE_NAME);
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      return JournalTables.replaced(connection);
    } catch (SQLException error) {
      throw new RunRefusedException(
          "the journal " + file + " can't be read: " + error.getMessage(), error);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException error) {
      throw new RunRefusedException("the journal can't be closed: " + error.getMessage(), error);
    } finally {
      lock.close();
    }
  }

  /** Sets, between two transactions, whether the next one is synced to the disk. */
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
      case JournalEntry.MembershipFormed formed -> writeMembership(formed);
      case JournalEntry.NumericsFixed fixed -> writeNumerics(fixed.numerics());
      case JournalEntry.LeaseGranted lease ->
          insert(
              "insert into leases(generation, first_step, steps, granted_at) values (?, ?, ?, ?)",
              lease.generation(),
              lease.firstStep(),
              lease.steps(),
              now());
      case JournalEntry.StepCommitted committed ->
          new StepRows(connection, rewinds).write(committed.step(), now());
      case JournalEntry.Rewound rewound -> writeRewind(rewound);
      case JournalEntry.CheckpointCommitted committed -> writeCheckpoint(committed.checkpoint());
      case JournalEntry.BegunFrom begun ->
          insert(
              "insert into begun_from(id, steps, skipped_steps) values (1, ?, ?)",
              begun.steps(),
              begun.skippedSteps());
      case JournalEntry.EvaluationCommitted committed -> writeEvaluation(committed.evaluation());
      case JournalEntry.DrainAccepted drain -> {
        insert("update run set drained_at = ? where id = 1", drain.endAt());
        insert("insert or replace into drains(id, asked_by) values (1, ?)", drain.by());
      }
      case JournalEntry.RunEnded ended -> writeEnd(ended.outcome());
      case JournalEntry.RunResumed _ ->
          insert(
              "update run set ended_at = null, finished = null, reason = null, drained_at = null"
                  + " where id = 1");
    }
  }

  private void writeMembership(JournalEntry.MembershipFormed formed) throws SQLException {
    insert(
        "insert into worlds(generation, next_step, formed_at) values (?, ?, ?)",
        formed.generation(),
        formed.nextStep(),
        now());
    try (PreparedStatement statement =
        connection.prepareStatement(
            "insert into members(generation, rank, worker, address, capability)"
                + " values (?, ?, ?, ?, ?)")) {
      int rank = 0;
      for (Membership.Participant member : formed.members()) {
        statement.setLong(1, formed.generation());
        statement.setInt(2, rank++);
        statement.setString(3, member.name());
        statement.setString(4, member.address());
        statement.setString(5, member.capability());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  private void writeNumerics(Numerics numerics) throws SQLException {
    insert("delete from numerics");
    for (Map.Entry<String, String> value : numerics.values().entrySet()) {
      insert("insert into numerics(name, value) values (?, ?)", value.getKey(), value.getValue());
    }
  }

  private void writeRewind(JournalEntry.Rewound rewound) throws SQLException {
    rewinds++;
    insert(
        "insert into rewinds(id, from_steps, to_steps, reason, decided_at) values (?, ?, ?, ?, ?)",
        rewinds,
        rewound.fromSteps(),
        rewound.toSteps(),
        rewound.reason(),
        now());
    insert("delete from checkpoints where steps > ?", rewound.toSteps());
    insert("delete from evaluations where steps > ?", rewound.toSteps());
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

  private void writeEvaluation(CommittedEvaluation evaluation) throws SQLException {
    insert(
        "insert into evaluations(steps, generation, records, tokens, loss_sum, correct,"
            + " committed_at) values (?, ?, ?, ?, ?, ?, ?)",
        evaluation.steps(),
        evaluation.generation(),
        evaluation.records(),
        evaluation.tokens(),
        Double.toString(evaluation.lossSum()),
        evaluation.correctTokens(),
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
    JournalTables.update(connection, sql, values);
  }

  private String now() {
    return clock.instant().toString();
  }
}
