package io.lockstep.cli.train;

import io.lockstep.cli.console.Table;
import io.lockstep.cli.run.BestCheckpoint;
import io.lockstep.cli.run.Evaluations;
import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.coordinator.journal.RunJournal;
import io.lockstep.worker.tuning.TrainableTable;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Tables about a run: what it trains, and what its loading took, over all logged steps of rank 0.
 */
public final class RunTables {

  private static final Map<String, String> BANK_WORDS =
      Map.of(
          "found", "given from the bank",
          "cut", "cut anew from their pictures",
          "added", "put into the bank",
          "refused", "too large for the bank",
          "damaged", "damaged in the bank");

  /** Most of the newest evaluations in a table. */
  private static final int EVALUATIONS_SHOWN = 8;

  /** Most steps in a line. */
  private static final int SKIPS_SHOWN = 16;

  private RunTables() {}

  /** What is trained of a model. */
  public static String trainable(TrainableTable trainable) {
    Table table = new Table().row(TrainableTable.TITLES.toArray(String[]::new));
    trainable.rows().forEach(row -> table.row(row.cells().toArray(String[]::new)));
    return table.render();
  }

  /** Where the time of making samples went; empty if nothing was logged. */
  public static String loader(Metrics metrics) {
    Map<String, Double> seconds = metrics.loaderSeconds();
    if (seconds.isEmpty()) {
      return "";
    }
    Table table = new Table().row("data on rank 0", "seconds in all its threads");
    seconds.forEach((stage, sum) ->
        table.row(
            stage.equals("wait") ? "wait of the training thread" : stage,
            String.format(Locale.ROOT, "%.2f", sum)));
    return table.render();
  }

  /**
   * The newest evaluations of a run, and the best; empty if it was not evaluated.
   *
   * @param best the run's best checkpoint
   */
  public static String evaluations(RunFolder folder, Optional<BestCheckpoint> best)
      throws IOException {
    List<Evaluations.Row> rows = Evaluations.read(folder).rows();
    if (rows.isEmpty()) {
      return "";
    }
    Table table = new Table().row("evaluated after step", "eval_loss", "eval_token_acc", "");
    int newest = Math.max(0, rows.size() - EVALUATIONS_SHOWN);
    for (int i = 0; i < rows.size(); i++) {
      Evaluations.Row row = rows.get(i);
      boolean isBest = best.filter(each -> each.steps() == row.step()).isPresent();
      if (i >= newest || isBest) {
        table.row(
            Long.toString(row.step()),
            String.format(Locale.ROOT, "%.4f", row.loss()),
            String.format(Locale.ROOT, "%.4f", row.tokenAccuracy()),
            isBest ? "best checkpoint" : "");
      }
    }
    return table.render();
  }

  /** Which steps changed no weight because a figure was not finite; empty if none did. */
  public static String skippedSteps(RunFolder folder) {
    List<Long> steps = RunJournal.skippedSteps(folder.root());
    return steps.isEmpty()
        ? ""
        : "  %d steps were SKIPPED because loss or gradient was not finite: %s%s; logs/coordinator.log names their samples%n"
            .formatted(
                steps.size(),
                steps.stream()
                    .limit(SKIPS_SHOWN)
                    .map(String::valueOf)
                    .collect(Collectors.joining(", ")),
                steps.size() > SKIPS_SHOWN ? ", ..." : "");
  }

  /** What the patch bank was good for; empty if the run has none. */
  public static String bank(Metrics metrics) {
    Map<String, Long> counts = metrics.bankCounts();
    if (counts.isEmpty()) {
      return "";
    }
    Table table = new Table().row("patch bank on rank 0", "patches");
    counts.forEach(
        (kind, count) -> table.row(BANK_WORDS.getOrDefault(kind, kind), count.toString()));
    return table.render();
  }
}
