package io.lockstep.coordinator.journal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * The course of a run with its times, as its journal has it; read beside the coordinator that
 * writes it, or afterwards.
 *
 * @param begun when the run began
 * @param end how it ended; empty while it goes on
 * @param epochs its memberships, oldest first
 * @param rewinds how often and where it went back
 * @param checkpoints those that were committed, oldest first
 * @param numerics what decides the bits of its results besides recipe and data
 */
public record RunTimeline(
    String name,
    long totalSteps,
    Instant begun,
    Optional<End> end,
    List<Epoch> epochs,
    List<Rewind> rewinds,
    List<Checkpoint> checkpoints,
    SortedMap<String, String> numerics) {

  public RunTimeline {
    epochs = List.copyOf(epochs);
    rewinds = List.copyOf(rewinds);
    checkpoints = List.copyOf(checkpoints);
  }

  /**
   * How a run ended.
   *
   * @param finished whether all its steps are done
   */
  public record End(Instant at, boolean finished, String reason) {}

  /**
   * A membership.
   *
   * @param nextStep the step that it was to begin with, from 0
   * @param members names by rank
   * @param steps steps that it committed
   * @param firstCommit when it committed the first of them; empty if none
   */
  public record Epoch(
      long generation,
      long nextStep,
      Instant formed,
      List<String> members,
      long steps,
      Optional<Instant> firstCommit,
      Optional<Instant> lastCommit) {

    public Epoch {
      members = List.copyOf(members);
    }
  }

  /** A return to a checkpoint. */
  public record Rewind(Instant at, long fromSteps, long toSteps, String reason) {}

  /** A committed checkpoint. */
  public record Checkpoint(Instant at, long steps, Path dir, long bytes, boolean last) {}

  /**
   * Reads the journal of a run's folder.
   *
   * @return empty if the folder holds no journal
   * @throws IllegalStateException in one line if it can't be read
   */
  public static Optional<RunTimeline> read(Path runFolder) {
    Path file = runFolder.resolve(RunJournal.FILE_NAME);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(2000);
    try (Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + file, config.toProperties())) {
      return read(connection);
    } catch (SQLException error) {
      throw new IllegalStateException(file + " can't be read: " + error.getMessage(), error);
    }
  }

  private static Optional<RunTimeline> read(Connection connection) throws SQLException {
    TreeMap<String, String> numerics = new TreeMap<>();
    if (has(connection, "numerics")) {
      JournalTables.query(
          connection,
          "select name, value from numerics",
          row -> numerics.put(row.getString(1), row.getString(2)));
    }
    List<Epoch> epochs = epochs(connection);
    List<Rewind> rewinds =
        JournalTables.query(
            connection,
            "select decided_at, from_steps, to_steps, reason from rewinds order by id",
            row ->
                new Rewind(
                    Instant.parse(row.getString(1)),
                    row.getLong(2),
                    row.getLong(3),
                    row.getString(4)));
    List<Checkpoint> checkpoints =
        JournalTables.query(
            connection,
            "select committed_at, steps, dir, bytes, last from checkpoints order by steps",
            row ->
                new Checkpoint(
                    Instant.parse(row.getString(1)),
                    row.getLong(2),
                    Path.of(row.getString(3)),
                    row.getLong(4),
                    row.getBoolean(5)));
    return JournalTables.query(
            connection,
            "select name, total_steps, started_at, ended_at, finished, reason from run where id = 1",
            row ->
                new RunTimeline(
                    row.getString(1),
                    row.getLong(2),
                    Instant.parse(row.getString(3)),
                    end(row.getString(4), row.getBoolean(5), row.getString(6)),
                    epochs,
                    rewinds,
                    checkpoints,
                    numerics))
        .stream()
        .findFirst();
  }

  private static Optional<End> end(@Nullable String at, boolean finished, @Nullable String reason) {
    return instant(at).map(moment -> new End(moment, finished, reason == null ? "" : reason));
  }

  private static List<Epoch> epochs(Connection connection) throws SQLException {
    TreeMap<Long, List<String>> members = new TreeMap<>();
    JournalTables.query(
        connection,
        "select generation, worker from members order by generation, rank",
        row ->
            members
                .computeIfAbsent(row.getLong(1), generation -> new ArrayList<>())
                .add(row.getString(2)));
    Map<Long, Commits> commits = new HashMap<>();
    JournalTables.query(
        connection,
        "select generation, count(*), min(committed_at), max(committed_at) from commits group by"
            + " generation",
        row ->
            commits.put(
                row.getLong(1),
                new Commits(row.getLong(2), instant(row.getString(3)), instant(row.getString(4)))));
    return JournalTables.query(
        connection,
        "select generation, next_step, formed_at from worlds order by generation",
        row -> {
          long generation = row.getLong(1);
          Commits of = commits.getOrDefault(generation, Commits.NONE);
          return new Epoch(
              generation,
              row.getLong(2),
              Instant.parse(row.getString(3)),
              members.getOrDefault(generation, List.of()),
              of.steps(),
              of.first(),
              of.last());
        });
  }

  /** The steps that a membership committed. */
  private record Commits(long steps, Optional<Instant> first, Optional<Instant> last) {
    private static final Commits NONE = new Commits(0, Optional.empty(), Optional.empty());
  }

  private static Optional<Instant> instant(@Nullable String text) {
    return Optional.ofNullable(text).map(Instant::parse);
  }

  private static boolean has(Connection connection, String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        var found =
            statement.executeQuery(
                "select 1 from sqlite_master where type = 'table' and name = '" + table + "'")) {
      return found.next();
    }
  }
}
