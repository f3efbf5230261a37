package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code lockstep bench coordinator}. */
class BenchCoordinatorTest {

  @Test
  void manyWorkersCommitSteps() throws Exception {
    Said said =
        Said.by(
            "bench", "coordinator", "--workers", "40", "--steps", "5", "--warmup", "2", "--json");
    assertEquals(0, said.exit(), said.err());
    JsonNode json = said.json();
    assertEquals(40, json.get("workers").asInt());
    for (String key : List.of("rendezvous_s", "commit_p50_s", "steps_per_s", "coordinator_cpu_s")) {
      assertTrue(json.get(key).asDouble() > 0, key);
    }
    assertTrue(json.get("commit_p99_s").asDouble() >= json.get("commit_p50_s").asDouble());
  }

  @Test
  void anImpossibleNumberIsOneClearLine() {
    Said said = Said.by("bench", "coordinator", "--workers", "100001");
    assertEquals(2, said.exit());
    assertTrue(said.err().contains("--workers is 100001: give 1 to"), said.err());
  }
}
