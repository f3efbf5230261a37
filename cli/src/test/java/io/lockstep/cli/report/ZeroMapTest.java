package io.lockstep.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.StageCost;
import java.util.List;
import org.junit.jupiter.api.Test;

class ZeroMapTest {

  /** Two segments of 512 values each, in buckets of 256, for four virtual ranks. */
  private static StageCost.Subject subject(boolean replicates) {
    ParameterLayout layout =
        new ParameterLayout(
            List.of(
                ParameterSpec.of(ParameterSpec.Module.LLM, "embedding", 512),
                ParameterSpec.of(ParameterSpec.Module.LLM, "<head>", 512)));
    return new StageCost.Subject(
        0,
        List.of(
            new SegmentSpec(0, "embedding", 0, 1, List.of(), false, 0, 512),
            new SegmentSpec(1, "<head>", 1, 2, List.of(), false, 512, 1024)),
        layout,
        new Buckets(layout.size(), 256),
        4,
        1,
        replicates);
  }

  @Test
  void everyValueHasOneOwnerAndItsCopyIsTheNextRanks() {
    ZeroMap map = ZeroMap.of(subject(true), 3, List.of("a", "b", "c"));
    long next = 0;
    for (ZeroMap.Row row : map.rows()) {
      assertEquals(next, row.owned().start());
      next = row.owned().end();
      assertEquals(map.rows().get((row.rank() + 2) % 3).owned(), row.copied());
      assertEquals(8 * (row.owned().floats() + row.copied().floats()), row.cost().optimizerBytes());
    }
    assertEquals(1024, next);
    assertTrue(map.meaning().contains("weights are shared out"), map::meaning);
    assertTrue(map.meaning().contains("also keeps a copy"), map::meaning);
  }

  @Test
  void aRankIsToldBySegmentsAndBytes() {
    String html = ZeroMap.of(subject(false), 2, List.of("<w-0>", "w-1")).table("map");
    for (String part :
        List.of(
            "&lt;w-0&gt;",
            "embedding, values 0 to 511",
            "&lt;head&gt;, values 512 to 1,023",
            "left:50.00%;width:50.00%",
            "<td class=\"n\">2–3</td>",
            "aria-label=\"map\"")) {
      assertTrue(html.contains(part), () -> "no '" + part + "' in " + html);
    }
    String crowded = ZeroMap.of(subject(false), 1, List.of("a", "b", "c", "d")).meaning();
    assertTrue(crowded.contains("1,024 values of float32 (0.0 MiB) in 4 buckets."), crowded);
  }
}
