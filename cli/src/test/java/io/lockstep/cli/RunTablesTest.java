package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.train.RunTables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTablesTest {

  @TempDir private Path folder;

  @Test
  void theCountsOfAllLoggedStepsAreAddedUp() throws IOException {
    String table =
        table(
            """
            {"step": 1, "patch_bank_found": 0, "patch_bank_cut": 3, "patch_bank_added": 9, "patch_bank_refused": 0, "patch_bank_damaged": 0}
            {"step": 2, "patch_bank_found": 4, "patch_bank_cut": 1, "patch_bank_added": 2, "patch_bank_refused": 1, "patch_bank_damaged": 0}
            """);
    assertEquals(6, table.lines().count(), table);
    for (String row :
        new String[] {
          "given from the bank +4",
          "cut anew from their pictures +4",
          "put into the bank +11",
          "too large for the bank +1",
          "damaged in the bank +0"
        }) {
      assertTrue(table.lines().anyMatch(line -> line.strip().matches(row)), table);
    }
  }

  @Test
  void aRunWithoutABankHasNoTable() throws IOException {
    assertEquals("", table("{\"step\": 1, \"patch_bank_loss\": 0.5}\n"));
  }

  private String table(String log) throws IOException {
    return RunTables.bank(Metrics.read(Files.writeString(folder.resolve("logging.jsonl"), log)));
  }
}
