package io.lockstep.datatools.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.jsonl.JsonlFile;
import io.lockstep.data.jsonl.Problem;
import io.lockstep.data.record.DataCheck;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.ImageRecord;
import io.lockstep.data.record.RecordReader;
import io.lockstep.data.record.SummaryText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the generator of demo data writes keeps the contract that the reader checks. */
class DemoDataContractTest {

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void demoDataHasNoProblems(DemoStyle style) throws IOException {
    DemoData.generate(folder, DemoOptions.of(12, 3, style).withHeldout(4));
    List<Problem> problems = new ArrayList<>();
    for (String name : List.of("train.jsonl", "heldout.jsonl")) {
      DataCheck.Result result = DataCheck.check(folder.resolve(name), problems::add);
      assertTrue(result.records() > 0);
    }
    assertEquals(List.of(), problems);
  }

  @Test
  void demoSummariesFollowTheRuleForSummaries() throws IOException {
    DemoData.generate(folder, DemoOptions.of(2, 3, DemoStyle.INSPECTION).withHeldout(4));
    try (JsonlFile file = JsonlFile.open(folder.resolve("heldout.jsonl"))) {
      for (long i = 0; i < file.size(); i++) {
        if (RecordReader.read(file, i) instanceof ImageRecord image) {
          List<String> descriptions = image.objects().stream().map(DataObject::desc).toList();
          assertEquals(SummaryText.of(descriptions), image.summary().orElseThrow());
        }
      }
    }
  }
}
