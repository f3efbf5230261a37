package io.lockstep.cli.command.train;

import io.lockstep.cli.console.Table;
import io.lockstep.worker.tuning.TrainableTable;

/** What a run trains, for people. */
final class TuningTable {

  private TuningTable() {}

  /** The lines of the table, indented. */
  static String render(TrainableTable trainable) {
    Table table = new Table().row(TrainableTable.TITLES.toArray(String[]::new));
    trainable.rows().forEach(row -> table.row(row.cells().toArray(String[]::new)));
    return table.render();
  }
}
