package io.lockstep.cli.train;

import io.lockstep.cli.console.Table;
import io.lockstep.cli.run.Metrics;
import java.util.Map;

/** What the patch bank was good for, over all logged steps of rank 0. */
public final class BankTable {

  private static final Map<String, String> WORDS =
      Map.of(
          "found", "given from the bank",
          "cut", "cut anew from their pictures",
          "added", "put into the bank",
          "refused", "too large for the bank",
          "damaged", "damaged in the bank");

  private BankTable() {}

  /** The counts in a table; empty if the run has no bank. */
  public static String of(Metrics metrics) {
    Map<String, Long> counts = metrics.bankCounts();
    if (counts.isEmpty()) {
      return "";
    }
    Table table = new Table().row("patch bank on rank 0", "patches");
    counts.forEach((kind, count) -> table.row(WORDS.getOrDefault(kind, kind), count.toString()));
    return table.render();
  }
}
