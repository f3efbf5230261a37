package io.lockstep.coordinator.journal;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.DatasetSums;
import io.lockstep.coordinator.KindSums;
import io.lockstep.coordinator.TermSum;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

/** The rows of a committed step in a journal's tables. */
final class StepRows {

  private final Connection connection;
  private final long rewinds;

  /**
   * Rows of steps.
   *
   * @param rewinds how often the run has gone back to a checkpoint
   */
  StepRows(Connection connection, long rewinds) {
    this.connection = connection;
    this.rewinds = rewinds;
  }

  /** Writes all of them; the transaction is the caller's. */
  void write(CommittedStep step, String now) throws SQLException {
    update(
        "insert into commits(step, generation, tokens, loss_sum, correct, replaced, grad_norm,"
            + " buckets, digest, committed_at, rewind) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        step.step(),
        step.generation(),
        step.tokens(),
        step.skipped() ? 0.0 : step.lossSum(),
        step.correctTokens(),
        step.replaced().size(),
        step.skipped() ? 0.0 : step.gradNorm(),
        step.buckets(),
        Integer.toUnsignedLong(step.digest()),
        now,
        rewinds);
    if (step.skipped()) {
      update(
          "insert into skipped_steps(step, rewind, loss_sum, grad_norm) values (?, ?, ?, ?)",
          step.step(),
          rewinds,
          Double.toString(step.lossSum()),
          Double.toString(step.gradNorm()));
    }
    for (int place = 0; place < step.replaced().size(); place++) {
      update(
          "insert into replaced(step, rewind, place, sample) values (?, ?, ?, ?)",
          step.step(),
          rewinds,
          place,
          step.replaced().get(place));
    }
    for (int place = 0; place < step.unreadable().size(); place++) {
      update(
          "insert into unreadable(step, rewind, place, sample, what) values (?, ?, ?, ?, ?)",
          step.step(),
          rewinds,
          place,
          step.unreadable().get(place).sample(),
          step.unreadable().get(place).what());
    }
    for (DatasetSums sums : step.datasets()) {
      update(
          "insert into dataset_sums(step, rewind, dataset, loss_sum, tokens, correct)"
              + " values (?, ?, ?, ?, ?, ?)",
          step.step(),
          rewinds,
          sums.dataset(),
          sums.lossSum(),
          sums.tokens(),
          sums.correctTokens());
      for (KindSums kind : sums.kinds()) {
        update(
            "insert into kind_sums(step, rewind, dataset, kind, tokens, correct)"
                + " values (?, ?, ?, ?, ?, ?)",
            step.step(),
            rewinds,
            sums.dataset(),
            kind.kind(),
            kind.tokens(),
            kind.correctTokens());
      }
    }
    for (int place = 0; place < step.terms().size(); place++) {
      TermSum term = step.terms().get(place);
      update(
          "insert into term_sums(step, rewind, place, name, sum, normaliser)"
              + " values (?, ?, ?, ?, ?, ?)",
          step.step(),
          rewinds,
          place,
          term.name(),
          term.sum(),
          term.normaliser());
    }
    writeCounts(step);
  }

  /** Counts of the last step alone: whoever logs steps has those of the ones before. */
  private void writeCounts(CommittedStep step) throws SQLException {
    update("delete from last_counts");
    for (Map.Entry<String, Long> count : step.counts().values().entrySet()) {
      update(
          "insert into last_counts(step, rewind, name, count) values (?, ?, ?, ?)",
          step.step(),
          rewinds,
          count.getKey(),
          count.getValue());
    }
  }

  private void update(String sql, Object... values) throws SQLException {
    JournalTables.update(connection, sql, values);
  }
}
