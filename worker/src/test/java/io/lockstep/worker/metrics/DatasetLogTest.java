package io.lockstep.worker.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.worker.loader.DatasetLabel;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session.DatasetSums;
import io.lockstep.worker.protocol.Session.KindSums;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetLogTest {

  private static final List<DatasetLabel> LABELS =
      List.of(new DatasetLabel("site", true), new DatasetLabel("coco", false));

  @TempDir private Path folder = Path.of("");

  @Test
  void aRowHasTheFiguresOfTheStepsSinceTheOneBefore() throws IOException {
    try (DatasetLog log = DatasetLog.open(folder, LABELS, 0, 0)) {
      log.committed(step(0, new DatasetSums(0, 6, 4, 1), new DatasetSums(1, 1, 2, 2)));
      log.committed(step(1, new DatasetSums(0, 2, 4, 3)));
      ObjectNode row = row(log);
      assertEquals(1.0, row.get("site_loss").doubleValue());
      assertEquals(0.5, row.get("site_token_acc").doubleValue());
      assertEquals(0.5, row.get("coco_loss").doubleValue());
      log.committed(step(2, new DatasetSums(0, 3, 1, 0)));
      row = row(log);
      assertEquals(3.0, row.get("site_loss").doubleValue());
      assertTrue(row.get("coco_loss").isNull() && row.get("coco_token_acc").isNull());
    }
  }

  @Test
  void whoeverGoesOnBetweenTwoRowsWritesTheSameFigures() throws IOException {
    double third = 1.0 / 3;
    try (DatasetLog log = DatasetLog.open(folder, LABELS, 0, 0)) {
      log.committed(step(0, new DatasetSums(0, 5, 1, 1)));
      var _ = row(log);
      log.committed(step(1, new DatasetSums(0, third, 1, 1)));
      log.committed(step(2, new DatasetSums(0, 7, 1, 1)));
    }
    // The run goes back to two steps; step 2 comes out anew.
    try (DatasetLog log = DatasetLog.open(folder, LABELS, 2, 1)) {
      assertEquals(2, log.lastStep());
      log.committed(step(2, new DatasetSums(0, 0.1, 2, 0)));
      assertEquals((third + 0.1) / 3, row(log).get("site_loss").doubleValue());
    }
    assertEquals(3, Files.readAllLines(folder.resolve("datasets.jsonl")).size());
  }

  @Test
  void accuraciesOfKindsAreOfTheStepsSinceTheRowBefore() throws IOException {
    try (DatasetLog log = DatasetLog.open(folder, LABELS, 0, 0)) {
      log.committed(
          step(
              0,
              new DatasetSums(0, 6, 9, 1, List.of(new KindSums(1, 4, 1), new KindSums(3, 5, 0)))));
      log.committed(step(1, new DatasetSums(0, 6, 4, 4, List.of(new KindSums(1, 4, 4)))));
    }
    // Who goes on knows the kinds of the steps that it has not computed.
    try (DatasetLog log = DatasetLog.open(folder, LABELS, 2, 0)) {
      ObjectNode row = row(log);
      assertEquals(5.0 / 8, row.get("site_desc_token_acc").doubleValue());
      assertEquals(0.0, row.get("site_format_token_acc").doubleValue());
      assertTrue(row.get("site_coord_token_acc").isNull(), "there was no coordinate");
      assertFalse(row.has("coco_desc_token_acc"), "nobody asks for its kinds");
      assertTrue(row(log).get("site_desc_token_acc").isNull());
    }
  }

  @Test
  void aRunWithOneDatasetHasNoSuchLog() throws IOException {
    try (DatasetLog log = DatasetLog.open(folder, List.of(), 0, 0)) {
      log.committed(step(0));
      assertTrue(row(log).isEmpty());
    }
    assertFalse(Files.exists(folder.resolve("datasets.jsonl")));
  }

  private static ObjectNode row(DatasetLog log) {
    ObjectNode row = new ObjectMapper().createObjectNode();
    log.put(row);
    return row;
  }

  private static Directive.Commit step(long step, DatasetSums... datasets) {
    return new Directive.Commit(1, step, 10, 1, 1, 1, 0, List.of(datasets), List.of(), Counts.NONE);
  }
}
