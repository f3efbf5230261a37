package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lockstep bench augment} and {@code lockstep bench index}. */
class BenchDataTest {

  @TempDir private Path folder;

  @Test
  void augmentTellsItsRateAndTheTimeOfEachOperator() throws Exception {
    Said said = Said.by("bench", "augment", "--pictures", "1", "--json");
    assertEquals(0, said.exit(), said::err);
    JsonNode json = said.json();
    assertPositive(json, List.of("pictures", "seconds", "pictures_per_s"));
    assertTrue(json.path("operators").size() > 3, json::toString);
    JsonNode stages = json.path("stage_s");
    assertTrue(stages.size() > 3, json::toString);
    stages
        .properties()
        .forEach(stage -> {
          assertTrue(stage.getValue().asDouble() > 0, stage::toString);
          assertTrue(said.out().contains(stage.getKey()), said::out);
        });
  }

  @Test
  void indexTellsItsFiguresAndRemovesWhatItDrew() throws Exception {
    Said said =
        Said.by("bench", "index", "--records", "100", "--folder", folder.toString(), "--json");
    assertEquals(0, said.exit(), said::err);
    assertEquals(100, said.json().path("records").intValue());
    assertPositive(
        said.json(),
        List.of(
            "bytes",
            "build_s",
            "read_s",
            "open_again_s",
            "index_bytes_per_record",
            "line_us",
            "line_us_p999",
            "record_us"));
    try (var left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void impossibleSizesAreOneClearLine() {
    Said augment = Said.by("bench", "augment", "--pictures", "0");
    assertEquals(2, augment.exit());
    assertTrue(augment.err().contains("'--pictures': '0' is no whole number"), augment::err);
    Said index = Said.by("bench", "index", "--records", "0");
    assertEquals(2, index.exit());
    assertTrue(index.err().contains("'--records': '0' is no whole number"), index::err);
  }

  private static void assertPositive(JsonNode json, List<String> keys) {
    for (String key : keys) {
      assertTrue(json.path(key).asDouble() > 0, () -> key + " in " + json);
    }
  }
}
