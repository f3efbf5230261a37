package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.model.testing.GoldenFamily;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code lockstep plan}. */
class PlanTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "qwen3-vl-2b, qwen3_vl, 2127532032",
    "qwen3-vl-4b, qwen3_vl, 4437815808",
    "qwen3-vl-8b, qwen3_vl, 8767123696",
    "qwen2.5-vl-3b, qwen2_5_vl, 3754622976",
    "qwen2.5-vl-7b, qwen2_5_vl, 8292166656",
  })
  void publishedSizesNeedTheirConfigAlone(String name, String family, long parameters)
      throws IOException {
    Path config = folder.resolve("config.json");
    try (InputStream published =
        GoldenFamily.class.getResourceAsStream("/published/" + name + ".json")) {
      Files.copy(Objects.requireNonNull(published), config);
    }
    String out = plan(0, "--model", config.toString(), "--workers", "4", "--json");
    JsonNode line = new ObjectMapper().readTree(out.lines().toList().getLast());
    assertEquals(family, line.get("model_type").asText());
    assertEquals(parameters, line.get("parameters").asLong());
    JsonNode alone = line.get("stages").get(0);
    JsonNode sharded = line.get("stages").get(3);
    assertEquals(4 * parameters, alone.get("weight_bytes").asLong());
    for (String part : new String[] {"weight_bytes", "gradient_bytes", "optimizer_bytes"}) {
      double share = sharded.get(part).asDouble() / alone.get(part).asDouble();
      assertEquals(0.25, share, 1e-3, part);
    }
  }

  @Test
  void oneOfRecipeAndModelIsNeeded() {
    assertTrue(plan(2).contains("--config"));
    assertTrue(plan(1, "--model", folder.toString()).contains("config.json"));
  }

  private static String plan(int expectedExit, String... options) {
    String[] arguments = new String[options.length + 1];
    arguments[0] = "plan";
    System.arraycopy(options, 0, arguments, 1, options.length);
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try (PrintStream both = new PrintStream(said, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      assertEquals(expectedExit, Main.run(arguments), () -> said.toString(StandardCharsets.UTF_8));
      return said.toString(StandardCharsets.UTF_8);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
