package io.lockstep.datatools.split;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.datatools.demo.DemoData;
import io.lockstep.datatools.demo.DemoOptions;
import io.lockstep.datatools.demo.DemoStyle;
import io.lockstep.datatools.split.DataSplit.Options;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drawn pictures in groups, split. */
class DataSplitTest {

  @TempDir private Path folder = Path.of("");
  private Path data = Path.of("");

  @BeforeEach
  void draw() throws IOException {
    Path drawn = folder.resolve("data");
    DemoData.generate(
        drawn, DemoOptions.of(30, 5, DemoStyle.INSPECTION).withTexts(10).withHeldout(20));
    data = drawn.resolve("heldout.jsonl");
  }

  private List<String> lines(String file) throws IOException {
    return Files.readAllLines(data.resolveSibling(file));
  }

  private static Set<String> groups(List<String> lines) throws IOException {
    Set<String> groups = new HashSet<>();
    for (String line : lines) {
      JsonNode record = new ObjectMapper().readTree(line);
      groups.add(record.get("metadata").get("group").textValue());
    }
    return groups;
  }

  private static Options options(double share, int tiny, long seed) {
    return new Options(share, tiny, seed, "seed-" + seed + "-");
  }

  @Test
  void everyRecordIsInOnePartAndEveryGroupOnOneSide() throws Exception {
    DataSplit.Result result = DataSplit.split(data, options(0.25, 5, 7));
    List<String> val = lines("seed-7-val.jsonl");
    List<String> train = lines("seed-7-train.jsonl");
    List<String> all = new ArrayList<>(val);
    all.addAll(train);
    List<String> before = new ArrayList<>(Files.readAllLines(data));
    Collections.sort(all);
    Collections.sort(before);
    assertEquals(before, all);
    Set<String> both = groups(val);
    both.retainAll(groups(train));
    assertEquals(Set.of(), both);
    assertEquals(0.25, (double) val.size() / before.size(), 0.06);
    assertEquals(5, lines("seed-7-tiny.jsonl").size());
    assertTrue(train.containsAll(lines("seed-7-tiny.jsonl")));
    JsonNode report = new ObjectMapper().readTree(result.report().toFile());
    assertEquals(train.size(), report.get("train").get("records").intValue());
    assertEquals(val.size(), report.get("val").get("records").intValue());
  }

  @Test
  void theSeedAndTheNamesOfGroupsDecideAlone() throws Exception {
    DataSplit.split(data, options(0.3, 0, 7));
    Set<String> once = groups(lines("seed-7-val.jsonl"));
    assertFalse(Files.exists(data.resolveSibling("seed-7-tiny.jsonl")));
    Path turned = data.resolveSibling("turned.jsonl");
    Files.write(turned, Files.readAllLines(data).reversed());
    DataSplit.split(turned, new Options(0.3, 0, 7, "again-"));
    assertEquals(once, groups(lines("again-val.jsonl")));
    DataSplit.split(data, options(0.3, 0, 8));
    assertNotEquals(once, groups(lines("seed-8-val.jsonl")));
  }

  @Test
  void nothingIsOverwrittenAndShareAndPrefixAreChecked() throws Exception {
    // The file of that name is what the demo trains on.
    assertThrows(
        FileAlreadyExistsException.class, () -> DataSplit.split(data, new Options(0.5, 1, 7, "")));
    assertFalse(Files.exists(data.resolveSibling("val.jsonl")));
    assertThrows(IllegalArgumentException.class, () -> options(1, 1, 7));
    assertThrows(IllegalArgumentException.class, () -> new Options(0.5, 1, 7, "../"));
  }

  @Test
  void recordsOfOneGroupAloneCantBeSplit() throws Exception {
    String line = Files.readAllLines(data).getFirst();
    Path one = Files.write(data.resolveSibling("one.jsonl"), List.of(line, line));
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class, () -> DataSplit.split(one, options(0.5, 1, 7)));
    assertTrue(String.valueOf(error.getMessage()).contains("one group"), error.getMessage());
  }
}
