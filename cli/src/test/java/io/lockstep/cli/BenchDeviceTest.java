package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lockstep bench device}, where there is no device or no libtorch for one. */
class BenchDeviceTest {

  private static final Path MODEL = Path.of("..", "base-model");

  @TempDir private Path folder;

  @Test
  void whatIsMissingIsOneLineOfTheJson() throws Exception {
    Path out = folder.resolve("device.json");
    Said said =
        Said.by(
            "bench",
            "device",
            "--device",
            "cuda:99",
            "--model",
            MODEL.toString(),
            "--out",
            out.toString(),
            "--json");
    assertEquals(1, said.exit(), said.err());
    JsonNode json = new ObjectMapper().readTree(out.toFile());
    assertFalse(json.get("ok").asBoolean());
    assertTrue(json.get("missing").asText().length() > 10, json.toString());
    assertEquals(1, json.get("missing").asText().lines().count());
    assertTrue(said.out().contains(json.get("missing").asText()), said.out());
  }

  @Test
  void aFolderWithoutAModelIsNamed() {
    Said said = Said.by("bench", "device", "--model", folder.toString());
    assertEquals(1, said.exit());
    assertTrue(said.err().contains(folder + " holds no config.json"), said.err());
  }
}
