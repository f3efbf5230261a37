package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BenchKernelsTest {

  private static JsonNode parse(String line) {
    try {
      return new ObjectMapper().readTree(line);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Elsewhere on the machine others may measure, too: this is not about time. */
  @BeforeAll
  static void measureBesideOthers() {
    System.setProperty("jmh.ignoreLock", "true");
  }

  @Test
  void timesTheKernelsOfThatNameAtEachSize() throws Exception {
    Said said = Said.by("bench", "kernels", "--kernel", "squareSum", "--millis", "20", "--json");
    List<JsonNode> lines =
        said.out()
            .lines()
            .filter(line -> line.startsWith("{"))
            .map(BenchKernelsTest::parse)
            .toList();
    assertEquals(
        List.of(16_384L, 4_194_304L), lines.stream().map(l -> l.get("values").asLong()).toList());
    for (JsonNode line : lines) {
      assertEquals("squareSum", line.get("kernel").asText());
      assertTrue(line.get("us").asDouble() > 0);
    }
  }

  @Test
  void anUnknownKernelIsOneClearLine() {
    Said said = Said.by("bench", "kernels", "--kernel", "softmax");
    assertEquals(2, said.exit());
    assertTrue(said.err().contains("no kernel's name contains softmax"), said.err());
  }
}
