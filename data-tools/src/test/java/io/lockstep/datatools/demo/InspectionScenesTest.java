package io.lockstep.datatools.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.stageb.Verdict;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InspectionScenesTest {

  private static final List<String> DEFECTS = List.of("螺丝/松动", "接头/方向不正确", "光纤/损坏", "挡风板/缺失");

  private static List<DemoGroup> groups(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> InspectionScenes.group(11, Split.HELDOUT, i))
        .toList();
  }

  @Test
  void aGroupPassesIfAndOnlyIfNoSummaryNamesADefect() {
    for (DemoGroup group : groups(300)) {
      boolean defect =
          group.summaries().stream().anyMatch(text -> DEFECTS.stream().anyMatch(text::contains));
      assertEquals(defect ? Verdict.FAIL : Verdict.PASS, group.verdict(), group.toString());
      assertEquals(group.verdict(), group.judgement().verdict());
    }
  }

  @Test
  void theReasonOfAFailureIsTheFirstDefectInReadingOrderOfTheSummaries() {
    for (DemoGroup group : groups(300)) {
      if (group.verdict() == Verdict.FAIL) {
        assertEquals(firstDefect(group.summaries()), group.judgement().reason());
      }
    }
  }

  private static String firstDefect(List<String> summaries) {
    for (int i = 0; i < summaries.size(); i++) {
      for (String part : summaries.get(i).split("，", -1)) {
        String desc = part.substring(0, part.indexOf('×'));
        if (DEFECTS.contains(desc)) {
          return "Image" + (i + 1) + ": " + desc;
        }
      }
    }
    throw new AssertionError("no defect in " + summaries);
  }

  @Test
  void aboutHalfOfTheGroupsPass() {
    long passing = groups(400).stream().filter(group -> group.verdict() == Verdict.PASS).count();
    assertTrue(passing > 160 && passing < 240, "passing: " + passing);
  }

  @Test
  void groupsHaveTwoOrThreePicturesOfOneToFiveItemsInReadingOrder() {
    for (DemoGroup group : groups(200)) {
      assertTrue(group.scenes().size() == 2 || group.scenes().size() == 3);
      for (Scene scene : group.scenes()) {
        List<Integer> slots = scene.items().stream().map(Item::slot).toList();
        assertTrue(!slots.isEmpty() && slots.size() <= 5, slots.toString());
        assertEquals(slots.stream().distinct().sorted().toList(), slots);
      }
    }
  }

  @Test
  void noTwoPicturesOfASplitShareARandomStream() {
    Set<Integer> indices = new HashSet<>();
    for (DemoGroup group : groups(200)) {
      group.scenes().forEach(scene -> assertTrue(indices.add(scene.index()), group.id()));
    }
  }
}
