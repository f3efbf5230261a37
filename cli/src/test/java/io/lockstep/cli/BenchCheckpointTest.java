package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lockstep bench checkpoint}. */
class BenchCheckpointTest {

  @TempDir private Path folder;

  @Test
  void figuresAreJsonAndNothingStaysOnTheDisk() throws Exception {
    Said said =
        Said.by(
            "bench",
            "checkpoint",
            "--megabytes",
            "3",
            "--iterations",
            "2",
            "--out",
            folder.toString(),
            "--json");
    assertEquals(0, said.exit(), said.err());
    JsonNode json = said.json();
    assertEquals(3.0, json.get("megabytes").asDouble(), 0.1);
    for (String key : List.of("snapshot_ms", "write_MBps", "verify_MBps", "read_MBps")) {
      assertTrue(json.get(key).asDouble() > 0, key);
    }
    try (var left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void anImpossibleSizeIsOneClearLine() {
    Said said = Said.by("bench", "checkpoint", "--megabytes", "100001");
    assertEquals(2, said.exit());
    assertTrue(said.err().contains("--megabytes is 100001: give 1 to "), said.err());
  }
}
