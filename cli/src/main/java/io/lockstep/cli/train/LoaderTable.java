package io.lockstep.cli.train;

import io.lockstep.cli.console.Table;
import io.lockstep.cli.run.Metrics;
import java.util.Locale;
import java.util.Map;

/** Where the time of making samples went, over all logged steps of rank 0. */
public final class LoaderTable {

  private LoaderTable() {}

  /** The stages in a table; empty if nothing was logged. */
  public static String of(Metrics metrics) {
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
}
