package io.lockstep.worker.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Directive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountLogTest {

  private static final SortedSet<String> OPERATORS =
      new TreeSet<>(List.of("aug/hflip_applied", "aug/hflip_skipped"));

  @TempDir private Path folder = Path.of("");

  @Test
  void aRowHasOperatorsAndPaddingSinceTheOneBeforeAndAllDroppedSamples() throws IOException {
    try (CountLog log = CountLog.open(folder, OPERATORS, 0, 0)) {
      log.committed(step(0, Map.of("aug/hflip_applied", 3L, "dropped_too_long", 1L)));
      log.committed(step(1, Map.of("padding_tokens", 6L, "batch_tokens", 24L)));
      assertEquals(
          JSON.readTree(
              """
              {"aug/hflip_applied": 3, "aug/hflip_skipped": 0, "padding_share": 0.25,
               "dropped_too_long": 1, "dropped_unreadable": 0}
              """),
          JSON.readTree(row(log).toString()));
      log.committed(step(2, Map.of("dropped_too_long", 2L, "dropped_unreadable", 1L)));
      ObjectNode row = row(log);
      assertEquals(0, row.get("aug/hflip_applied").intValue());
      assertTrue(row.get("padding_share").isNull(), "nothing was computed");
      assertEquals(3, row.get("dropped_too_long").intValue());
      assertEquals(1, row.get("dropped_unreadable").intValue());
    }
  }

  @Test
  void whoeverGoesOnBetweenTwoRowsWritesTheSameCounts() throws IOException {
    try (CountLog log = CountLog.open(folder, OPERATORS, 0, 0)) {
      log.committed(step(0, Map.of("aug/hflip_skipped", 8L)));
      log.committed(step(1, Map.of("aug/hflip_applied", 1L, "dropped_too_long", 1L)));
      var _ = row(log);
      log.committed(step(2, Map.of("aug/hflip_applied", 2L)));
      log.committed(step(3, Map.of("aug/hflip_applied", 50L)));
    }
    // The run goes back to three steps; the row was written after two of them.
    try (CountLog log = CountLog.open(folder, OPERATORS, 3, 2)) {
      assertEquals(3, log.lastStep());
      log.committed(step(3, Map.of("aug/hflip_applied", 4L)));
      ObjectNode row = row(log);
      assertEquals(6, row.get("aug/hflip_applied").intValue());
      assertEquals(0, row.get("aug/hflip_skipped").intValue());
      assertEquals(1, row.get("dropped_too_long").intValue());
    }
    assertEquals(4, Files.readAllLines(folder.resolve(CountLog.FILE_NAME)).size());
    assertEquals(
        Map.of("aug/hflip_applied", 7L, "aug/hflip_skipped", 8L, "dropped_too_long", 1L),
        CountLog.total(folder).values());
  }

  @Test
  void aRunThatHasComputedNothingHasNoCounts() throws IOException {
    assertEquals(Counts.NONE, CountLog.total(folder));
    CountLog.open(folder, OPERATORS, 0, 0).close();
    assertEquals(Counts.NONE, CountLog.total(folder));
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private static ObjectNode row(CountLog log) {
    ObjectNode row = JSON.createObjectNode();
    log.put(row);
    return row;
  }

  private static Directive.Commit step(long step, Map<String, Long> counts) {
    return new Directive.Commit(1, step, 10, 1, 1, 1, 0, List.of(), List.of(), Counts.of(counts));
  }
}
