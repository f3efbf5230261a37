package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What comes before the work. */
class StartupTest {

  /** Any other arguments read the options of all commands. */
  @Test
  void theOverviewIsTheSameWithoutReadingTheCommandsOptions() {
    String whole = LockstepCommand.commandLine("nothing").getUsageMessage();
    for (String asked : List.of("--help", "-h", "--version")) {
      assertEquals(whole, LockstepCommand.commandLine(asked).getUsageMessage());
    }
    assertTrue(whole.contains("quickstart") && whole.contains("gateway"), whole);
    assertEquals(whole, Said.by().out());
  }

  @Test
  void whatComesBeforeTheWorkIsTimed() throws IOException {
    Said said =
        Said.by(
            "bench",
            "startup",
            "--model",
            Path.of("..", "base-model").toString(),
            "--runs",
            "1",
            "--json");
    assertEquals(0, said.exit(), said.err());
    JsonNode json = said.json();
    for (String what : List.of("help", "first_step", "first_logits")) {
      double p50 = json.get(what + "_p50_s").asDouble();
      assertTrue(p50 > 0 && json.get(what + "_p99_s").asDouble() >= p50, json.toString());
    }
    assertTrue(
        json.get("first_step_p50_s").asDouble() > json.get("help_p50_s").asDouble(),
        "three processes start before a step");
  }
}
